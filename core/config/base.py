"""Base class of all configurations."""

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    Strict,
    model_serializer,
    model_validator,
)

from core.config.own_code import OwnCode, code_of

_DEFINED: list["weakref.ref[type[Config]]"] = []
"""All configuration classes, in the order of their definitions."""
OWN_CODE = "own_code"
"""Key in a dump of the hash of the user's own code that the configuration needs."""
_WHOLE = "whole"
"""Serialisation context in which a dump has every field under its name of today."""


@dataclass(frozen=True)
class OlderField:
    """A field under the name that it had in an earlier version, and its values there."""

    name: str
    values: dict[Any, Any]
    """Older values by the values of today that mean the same."""

    def today(self, older: Any) -> Any:
        """Return today's value for an older one; one that is unknown is returned as it is, to be refused by name."""
        return next((value for value, former in self.values.items() if former == older), older)


OLDER_NAMES: dict[str, tuple[str, OlderField]] = {}
"""All fields that were renamed, by their older name: today's name, and the field as it was."""


class Config(BaseModel):
    """A frozen value: two equal configurations are one and the same experiment.

    Unknown fields, numbers given as text, NaN and infinity are refused (``pydantic.ValidationError``).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    added_later: ClassVar[dict[str, Any]] = {}
    """Fields that a later version added, each with the value that means what was meant before. A dump leaves out a
    field with this value, so that the identifiers of older experiments do not change."""

    older_fields: ClassVar[dict[str, OlderField]] = {}
    """Fields that a later version renamed, by their names of today. A dump has such a field under its older name where
    its value is an older one, and a configuration is read under either name, for the same reason."""

    own_code: ClassVar[OwnCode | None] = None
    """The user's own code that registered this class; its hash is in every dump, and so in a trial's identity."""

    @classmethod
    def named_parts(cls, values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """Return kind and name of each registered thing that the fields name, such as a data set."""
        return ()

    @classmethod
    def own_codes_of(cls, values: Mapping[str, Any]) -> tuple[OwnCode, ...]:
        """Return the user's own code behind the class and what its fields name, without that of nested values."""
        named = (code_of(what, name) for what, name in cls.named_parts(values))
        return tuple(dict.fromkeys(code for code in (cls.own_code, *named) if code))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickled with the user's own code that it needs, which is imported before the class is looked for."""
        codes = self.own_codes_of(vars(self))
        return (_restored, (codes, type(self), self.__getstate__())) if codes else super().__reduce_ex__(protocol)

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        _DEFINED.append(weakref.ref(cls))
        OLDER_NAMES.update((older.name, (name, older)) for name, older in cls.older_fields.items())

    @model_validator(mode="before")
    @classmethod
    def _read_older_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        if OWN_CODE in values and (codes := cls.own_codes_of(values)):
            if values[OWN_CODE] != _hashes(codes):
                raise ValueError(f"is of code {values[OWN_CODE]}, and {', '.join(map(str, codes))} is other code")
            values = {name: value for name, value in values.items() if name != OWN_CODE}
        for name, older in cls.older_fields.items():
            if older.name in values and name in values:
                raise ValueError(f"{older.name} is the older name of {name}, and both are given; keep {name}")
            if older.name in values:
                values = {**values, name: older.today(values[older.name])}
                del values[older.name]
        return values

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        if codes := self.own_codes_of(vars(self)):
            values[OWN_CODE] = _hashes(codes)
        if info.context == _WHOLE:
            return values | self._left_out_and_set()
        for name, meaning in self.added_later.items():
            if name in values and values[name] == meaning:
                del values[name]
        for name, older in self.older_fields.items():
            if name in values and values[name] in older.values:
                values[older.name] = older.values[values.pop(name)]
        return values

    def _left_out_and_set(self) -> dict[str, Any]:
        """Return the fields that no other dump has, where they are not at their default."""
        fields = type(self).model_fields.items()
        own = {name: (getattr(self, name), field.default) for name, field in fields if field.exclude}
        return {name: value for name, (value, default) in own.items() if value != default}


def whole(config: Config) -> dict[str, Any]:
    """Return the plain values of all fields, under their names of today: for people. Identities and files have
    ``model_dump(mode="json")``, which never changes for a configuration that means the same."""
    return config.model_dump(mode="json", context=_WHOLE)


def own_codes(config: Config) -> frozenset[OwnCode]:
    """Return all of the user's own code that a configuration needs, nested ones included."""
    inner = (own_codes(value) for value in _configs_in(vars(config).values()))
    return frozenset(config.own_codes_of(vars(config))).union(*inner)


def _configs_in(values: Iterable[Any]) -> Iterator[Config]:
    for value in values:
        if isinstance(value, Config):
            yield value
        elif isinstance(value, tuple | list):
            yield from _configs_in(value)


def _hashes(codes: tuple[OwnCode, ...]) -> str:
    return "+".join(sorted(code.hash for code in codes))


def _restored(codes: tuple[OwnCode, ...], config: type[Config], state: dict[Any, Any]) -> Config:
    made = config.__new__(config)
    made.__setstate__(state)
    return made


def defined_configs() -> Iterator[type[Config]]:
    """Return all configuration classes, in the order of their definitions: a class comes after those that its fields
    hold."""
    return (config for reference in list(_DEFINED) if (config := reference()) is not None)


def _ascending(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if not (0 < low <= high and math.isfinite(high)):
        raise ValueError(f"a range is [low, high] with 0 < low <= high, not [{low}, {high}]")
    return limits


Range = Annotated[tuple[float, float], Strict(False), AfterValidator(_ascending)]
"""[low, high] of a uniform draw, both above 0."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""Probability that an operation is applied, drawn for each sample on its own."""


def default_tag(field: str, tag: str) -> Callable[[Any], Any]:
    """Return a validator that adds ``field: tag`` to a mapping that does not say which model it is."""

    def tagged(value: Any) -> Any:
        return {field: tag, **value} if isinstance(value, dict) else value

    return tagged

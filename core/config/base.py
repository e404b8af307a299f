"""Base class of all configurations."""

import math
import weakref
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    Strict,
    model_serializer,
)

_DEFINED: list["weakref.ref[type[Config]]"] = []
"""All configuration classes, in the order of their definitions."""


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

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        _DEFINED.append(weakref.ref(cls))

    @model_serializer(mode="wrap")
    def _without_added(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        for name, meaning in self.added_later.items():
            if name in values and values[name] == meaning:
                del values[name]
        return values


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

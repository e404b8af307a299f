"""The registry of figure kinds; plugins may add kinds before a study is read.

A kind is a class of settings with its name as the default of ``kind``, and a function that draws it::

    @figure_kind("my_package.violins:draw_violins")
    class ViolinReport(Spec):
        kind: Literal["violins"] = "violins"
        x: Axis

``report:`` in study files, their schema and their documentation take all registered kinds.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import CoreSchema, core_schema

Names = Literal["axis", "metric", "value", "label"]
"""The things of a study that a field of settings can name."""


@dataclass(frozen=True)
class Naming:
    """Marks a field that names something of the study, so that the name can be checked against the study."""

    of: Names
    """The thing that the field names: an ``axis``, a ``metric``, a ``value`` of the axis in the field ``axis``, or, for
    ``label``, axes and metrics as the keys of a mapping."""


Axis = Annotated[str, Field(min_length=1), Naming("axis")]
"""An axis of the study's grid."""
Metric = Annotated[str, Field(min_length=1), Naming("metric")]
"""A metric of trials, such as ``linear_eval/top1``."""


class Spec(BaseModel):
    """The base class of the settings of a kind. Each kind has a ``kind`` and a ``metric``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    if TYPE_CHECKING:  # fields, or properties, of each kind

        @property
        def kind(self) -> str: ...
        @property
        def metric(self) -> str: ...

    def named(self, of: Names) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """The axes, metrics, values or labels that the settings name, as pairs (place, name).

        The place is the field, followed by the number or the key within it if the field has several.
        """
        for name, field in type(self).model_fields.items():
            if Naming(of) not in [*field.metadata, *_metadata(field.annotation)]:
                continue
            value = getattr(self, name)
            if isinstance(value, list):
                yield from (((name, number), one) for number, one in enumerate(value))
            elif isinstance(value, dict):
                yield from (((name, key), key) for key in value)
            elif value is not None:
                yield (name,), value

    def with_values(self, names: Mapping[str, Mapping[str, str]]) -> Self:
        """The settings with the values that they name replaced, by axis and old value."""

        def renamed(value: Any) -> Any:
            return [renamed(one) for one in value] if isinstance(value, list) else new.get(str(value), value)

        new = names.get(getattr(self, "axis", ""), {})
        fields = {str(place[0]) for place, _ in self.named("value")}
        return self.model_copy(update={name: renamed(getattr(self, name)) for name in fields})


@dataclass(frozen=True)
class FigureKind:
    """One way to draw a study."""

    spec: type[Spec]
    draw: str
    """The function that draws it, as ``module:function``, so that plotting is imported only to draw."""


KINDS: dict[str, FigureKind] = {}
"""All kinds by name, in the order of their registration; the first is the default of a study that names none."""

S = TypeVar("S", bound=Spec)


def figure_kind(draw: str) -> Callable[[type[S]], type[S]]:
    """Registers a class of settings with the function that draws it; to be used as a decorator.

    ``draw`` is ``module:function``. The function takes a ``StudyReport`` and the settings, and returns a ``Drawn``.
    Raises ``ValueError`` for a name that is taken.
    """

    def register(spec: type[S]) -> type[S]:
        name = spec.model_fields["kind"].default
        if name in KINDS:
            raise ValueError(f"there is a figure kind {name!r} already")
        KINDS[name] = FigureKind(spec, draw)
        return spec

    return register


def drawing_function(kind: str) -> Callable[..., Any]:
    """The function that draws figures of a kind."""
    module, function = KINDS[kind].draw.split(":")
    return getattr(import_module(module), function)  # type: ignore[no-any-return]


class AnyKind:
    """Annotates a field that takes settings of any registered kind; ``kind`` says which."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        dump = core_schema.plain_serializer_function_ser_schema(
            lambda spec, info: spec.model_dump(mode=info.mode), info_arg=True
        )
        return core_schema.no_info_plain_validator_function(_parsed, serialization=dump)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> Any:
        return handler(_union().core_schema)


def _parsed(values: Any) -> Spec:
    if isinstance(values, dict) and "kind" not in values:
        values = {"kind": next(iter(KINDS)), **values}
    return _union().validate_python(values)


def _union() -> TypeAdapter[Spec]:
    specs: Any = reduce(or_, (kind.spec for kind in KINDS.values()))
    return TypeAdapter(Annotated[specs, Field(discriminator="kind")])


def _metadata(annotation: Any) -> Iterator[Any]:
    """The annotations of all parts of a type."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part)

"""Reads a file's values into a model, and turns pydantic's errors into sentences with place, value and remedy."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ablations.study.schema.settings_schema import TAGS
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, listed, quoted
from core.config.registry import parts_of

M = TypeVar("M", bound=BaseModel)

WHOLE, NUMBER, LIST = "a whole number", "a number", "a list"
TYPES = {
    "int_type": WHOLE,
    "int_from_float": WHOLE,
    "int_parsing": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": LIST,
    "tuple_type": LIST,
}
"""The kinds of values that pydantic's complaints about a type ask for."""
MISFITS = (*TYPES, "literal_error")
"""Complaints that a value is of the wrong type. If a field allows several types, any other complaint is about the
type that the value has, and says more."""
NOTHING = "write a value, or leave it out"
"""Remedy for a ``null``, which an empty line means too."""

Locate = Callable[[Keys], str]
"""A function from keys in the validated values to ``file:line:column: path``."""


def validate(model: type[M], source: Source) -> M:
    """The document as a model. Raises ``StudyError`` that names the place of everything that is wrong."""
    if not isinstance(source.values, dict):
        raise StudyError(f"{source.place(())}: a {model.__name__.lower()} file is a mapping, such as 'name: my_study'")
    try:
        return model.model_validate(source.values)
    except ValidationError as error:
        raise StudyError(explain(error, model, source.values, source.locate)) from error


def explain(
    error: ValidationError,
    model: type[BaseModel],
    values: Any,
    locate: Locate,
    other_kind: Callable[[Keys], str] = lambda keys: "",
) -> str:
    """One line for each place where something is wrong.

    ``other_kind`` says why there is no field at a place, if another kind than the chosen one has it; else nothing.
    """
    places: dict[str, list[tuple[Keys, ErrorDetails]]] = {}
    for details in sorted(error.errors(include_url=False), key=_is_shape):
        keys = _place(details, values)
        places.setdefault(locate(keys), []).append((keys, details))
    return "\n".join(f"{place}: {_told(found, model, other_kind)}" for place, found in places.items())


def _told(found: Sequence[tuple[Keys, ErrorDetails]], model: type[BaseModel], other_kind: Callable[[Keys], str]) -> str:
    """The problem at one place, if each type that a value may have complains for itself."""
    keys, first = next((each for each in found if each[1]["type"] not in MISFITS), found[0])
    reason = other_kind(keys) if first["type"] == "extra_forbidden" else ""
    types = dict.fromkeys(TYPES[each["type"]] for _, each in found if each["type"] in TYPES)
    if first["type"] in MISFITS and types:
        words = [word for _, each in found if each["type"] == "literal_error" for word in _expected(each)]
        wanted = [*(each for each in types if each != WHOLE or NUMBER not in types), *words]
        told = f"should be {' or '.join(wanted)}, not {quoted(first['input'])}"
    else:
        told = reason or _sentence(first, model)
    return f"{told}; {NOTHING}" if first["input"] is None and first["type"] != "missing" else told


def unknown_elsewhere(error: ValidationError, model: type[BaseModel], values: Any) -> list[Keys]:
    """Places of fields that the chosen kind does not have, but another kind has."""
    return [
        _place(details, values)
        for details in error.errors(include_url=False)
        if details["type"] == "extra_forbidden" and details["loc"][-1] in fields_at(model, details["loc"][:-2])
    ]


def fields_at(annotation: Any, location: tuple[str | int, ...]) -> list[str]:
    """Names of the fields at a location in a model; several models if their kind is not part of the location."""
    return list(dict.fromkeys(name for m in _models_at(annotation, location) for name in m.model_fields))


def _models_at(annotation: Any, location: tuple[str | int, ...]) -> list[type[BaseModel]]:
    models = _models(annotation)
    for part in location:
        tagged = [m for m in models if any(f.default == part for f in m.model_fields.values())]
        inner = [m for m in models if part in m.model_fields]
        if tagged and (len(models) > 1 or not inner):  # a kind may have the name of a field, as ``margin`` has
            models = tagged
        elif inner:
            models = [deeper for m in inner for deeper in _models(m.model_fields[str(part)].annotation)]
    return models


def _kinds_with(name: str, model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Tags of the kinds that have a field, where a location ends with the tag of a kind without it."""
    kinds = {
        m.model_fields[tag].default: m
        for m in _models_at(model, location[:-1])
        for tag in TAGS
        if tag in m.model_fields
    }
    return [tag for tag, kind in kinds.items() if name in kind.model_fields] if {*location[-1:]} & kinds.keys() else []


def _is_shape(details: ErrorDetails) -> bool:
    """Whether the error says only that the value is no list or no mapping.

    If either may stand there, a message on what is wrong inside the given one says more.
    """
    return details["type"] in ("list_type", "dict_type")


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    if kind == "missing":
        return f"{details['loc'][-1]!r} is required{_for_kind(details)}"
    if kind == "extra_forbidden":
        *place, name = details["loc"]
        told = did_you_mean(str(name), fields_at(model, tuple(place)))
        having = _kinds_with(str(name), model, tuple(place))
        elsewhere = f"; {listed(having)} {'has' if len(having) == 1 else 'have'} it" if having else ""
        return f"there is no such field; {told}{elsewhere}"
    if kind in ("literal_error", "union_tag_invalid"):
        known = _expected(details)
        word = given[_discriminator(details)] if kind == "union_tag_invalid" else given
        return f"{quoted(word)} is not known; {did_you_mean('' if word is None else str(word), known)}"
    if kind == "union_tag_not_found":
        return f"say which {context['discriminator']} it is"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"should be a mapping, such as {{name: value}}, not {quoted(given)}"
    if kind == "too_short":
        least = context["min_length"]
        return f"must have at least {least} {'entry' if least == 1 else 'entries'}"
    if kind == "string_pattern_mismatch":
        return f"{quoted(given)} is no name: a name has letters, digits, - and _, and at most 100 of them"
    if kind == "value_error":
        return str(context["error"])
    return f"{details['msg'].removeprefix('Input ')}, not {quoted(given)}"


def _expected(details: ErrorDetails) -> list[str]:
    """The words that a value may be."""
    context = details["ctx"]
    return re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])


def _place(details: ErrorDetails, values: Any) -> Keys:
    keys = _keys(details["loc"], values)
    if details["type"] == "union_tag_invalid":  # pydantic points at the whole, not at its kind
        keys = (*keys, _discriminator(details))
    return keys


def _for_kind(details: ErrorDetails) -> str:
    """The kind of report that asks for a field, as a part of a sentence, since it may be the default; else empty."""
    place = details["loc"][:-1]
    return f" for the kind {place[1]}, or name another 'kind'" if place[:1] == ("report",) and len(place) == 2 else ""


def _discriminator(details: ErrorDetails) -> str:
    """Name of the field that chooses the kind."""
    return str(details["ctx"]["discriminator"]).strip("'")


def _keys(location: tuple[str | int, ...], values: Any) -> Keys:
    """The part of an error's location that exists in the values: pydantic adds the names of union members."""
    keys: list[str | int] = []
    for part in location:
        is_mapping = isinstance(values, dict) and part in values
        if is_mapping or (isinstance(values, list) and isinstance(part, int)):
            keys.append(part)
            values = values[part]
    return tuple(keys)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models named anywhere in a type annotation; for a base class of kinds, the kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        registered = parts_of(annotation)
        return registered if registered != [annotation] else list(_kinds(annotation)) or [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _kinds(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models with a tag that are derived from one without, as a registry of kinds has them."""
    if not base.model_fields.keys() & set(TAGS):
        for derived in base.__subclasses__():
            yield from [derived] if derived.model_fields.keys() & set(TAGS) else _kinds(derived)

"""From pydantic's errors to sentences with a place, a value and a remedy."""

import difflib
import re
from collections.abc import Callable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ablations.yaml_source import Keys
from core.config.registry import parts_of

Locate = Callable[[Keys], str]
"""From keys into the validated values to ``file:line:column: path``."""


def explain(error: ValidationError, model: type[BaseModel], values: Any, locate: Locate) -> str:
    """One line for each place where something is wrong."""
    lines: dict[str, str] = {}
    for details in sorted(error.errors(include_url=False), key=_is_shape):
        place = locate(_place(details, values))
        lines.setdefault(place, f"{place}: {_sentence(details, model)}")
    return "\n".join(lines.values())


def _is_shape(details: ErrorDetails) -> bool:
    """Where one of two shapes may stand, what is wrong with the given one says more than that it is not the other."""
    return details["type"] in ("list_type", "dict_type")


def unknown_elsewhere(error: ValidationError, model: type[BaseModel], values: Any) -> list[Keys]:
    """Fields that the chosen kind of something does not have, and another kind of it has: where they are."""
    return [
        _place(details, values)
        for details in error.errors(include_url=False)
        if details["type"] == "extra_forbidden" and details["loc"][-1] in _fields(model, details["loc"][:-2])
    ]


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    if kind == "missing":
        return f"{details['loc'][-1]!r} is required"
    if kind == "extra_forbidden":
        known = _fields(model, details["loc"][:-1])
        return f"there is no such field; {_suggest(str(details['loc'][-1]), known)}"
    if kind in ("literal_error", "union_tag_invalid"):
        known = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
        word = context.get("tag", given)
        return f"{word!r} is not known; {_suggest(str(word), known)}"
    if kind == "union_tag_not_found":
        return f"say which {context['discriminator']} it is"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"should be a mapping, such as {{name: value}}, not {_short(given)}"
    if kind == "too_short":
        return f"there must be at least {context['min_length']} in it"
    if kind == "value_error":
        return str(context["error"])
    return f"{details['msg'].removeprefix('Input ')}, not {_short(given)}"


def _place(details: ErrorDetails, values: Any) -> Keys:
    keys = _keys(details["loc"], values)
    if details["type"] == "union_tag_invalid":  # pydantic points at the whole, not at its kind
        keys = (*keys, details["ctx"]["discriminator"].strip("'"))
    return keys


def _keys(location: tuple[str | int, ...], values: Any) -> Keys:
    """The part of an error's location that exists in the values: pydantic adds the names of union members."""
    keys: list[str | int] = []
    for part in location:
        is_mapping = isinstance(values, dict) and part in values
        if is_mapping or (isinstance(values, list) and isinstance(part, int)):
            keys.append(part)
            values = values[part]
    return tuple(keys)


def _suggest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields(annotation: Any, location: tuple[str | int, ...]) -> list[str]:
    """Names of the fields of the model that an error's location leads to."""
    models = _models(annotation)
    for part in location:
        tagged = [m for m in models if any(f.default == part for f in m.model_fields.values())]
        inner = [m for m in models if part in m.model_fields]
        if inner:
            models = [deeper for m in inner for deeper in _models(m.model_fields[str(part)].annotation)]
        elif tagged:
            models = tagged
    return [name for m in models for name in m.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models named anywhere in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return parts_of(annotation)
    return [model for argument in get_args(annotation) for model in _models(argument)]

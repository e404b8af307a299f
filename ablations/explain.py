"""From pydantic's errors to sentences with a place, a value and a remedy."""

import difflib
import re
from collections.abc import Callable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ablations.yaml_source import Keys

Locate = Callable[[Keys], str]
"""From keys into the validated values to ``file:line:column: path``."""


def explain(error: ValidationError, model: type[BaseModel], values: Any, locate: Locate) -> str:
    """One line for each thing that is wrong."""
    lines = dict.fromkeys(_line(details, model, values, locate) for details in error.errors(include_url=False))
    return "\n".join(lines)


def _line(details: ErrorDetails, model: type[BaseModel], values: Any, locate: Locate) -> str:
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    place = locate(_keys(details["loc"], values))
    if kind == "missing":
        return f"{place}: {details['loc'][-1]!r} is required"
    if kind == "extra_forbidden":
        known = _fields(model, details["loc"][:-1])
        return f"{place}: there is no such field; {_suggest(str(details['loc'][-1]), known)}"
    if kind in ("literal_error", "union_tag_invalid"):
        known = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
        word = context.get("tag", given)
        return f"{place}: {word!r} is not known; {_suggest(str(word), known)}"
    if kind == "value_error":
        return f"{place}: {context['error']}"
    message = details["msg"].removeprefix("Input ")
    return f"{place}: {message}, not {_short(given)}"


def _keys(location: tuple[str | int, ...], values: Any) -> Keys:
    """The part of an error's location that exists in the values: pydantic adds the names of union members."""
    keys: list[str | int] = []
    for part in location:
        if isinstance(values, dict) and part in values or isinstance(values, list) and isinstance(part, int):
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
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]

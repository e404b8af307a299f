"""Settings from several places, laid over each other, each remembering where it was written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError

SettingPath = tuple[str, ...]
"""Names from the top of the configuration down to a value."""


@dataclass(frozen=True)
class Setting:
    """A value and where it was written."""

    value: Any
    source: Source
    keys: Keys
    """Where in the source."""

    def place(self, inner: Keys = ()) -> str:
        """``file:line:column: grid.augment.first[1]``, of a value inside this one where ``inner`` is given."""
        return self.source.locate((*self.keys, *inner))


Layer = dict[SettingPath, Setting]
"""Settings by path; no path is the beginning of another."""


def overlap(one: SettingPath, other: SettingPath) -> bool:
    """Whether one path is the beginning of the other, so that both cannot be set."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def flatten(values: dict[str, Any], source: Source, keys: Keys) -> Layer:
    """``{augment: {first: crop}, loss.temperature: 0.1}`` by path. Raises ``StudyError`` where two collide."""
    layer: Layer = {}
    for name, value in values.items():
        path, here = tuple(name.split(".")), (*keys, name)
        inner = flatten(value, source, here) if isinstance(value, dict) else {(): Setting(value, source, here)}
        for rest, setting in inner.items():
            _add(layer, (*path, *rest), setting)
    return layer


def overlay(layers: Iterable[Layer]) -> Layer:
    """Later layers win."""
    remaining = iter(layers)
    result = dict(next(remaining, {}))
    for layer in remaining:
        for path, setting in layer.items():
            hidden = [other for other in result if overlap(other, path)]
            for other in hidden:
                del result[other]
            result[path] = setting
    return result


def nest(layer: Layer) -> dict[str, Any]:
    """Back to nested mappings."""
    nested: dict[str, Any] = {}
    for path, setting in layer.items():
        inner = nested
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = setting.value
    return nested


def dotted_values(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Of nested mappings the plain values, by dotted path."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = dotted_values(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
        flat |= inner
    return flat


def _add(layer: Layer, path: SettingPath, setting: Setting) -> None:
    for other, earlier in layer.items():
        if overlap(other, path):
            raise StudyError(f"{setting.place()}: is also set at {earlier.place()}; keep one of them")
    layer[path] = setting


def coordinate(value: Any) -> Any:
    """A value of an axis as one plain value: lists and mappings as JSON text."""
    return json.dumps(value) if isinstance(value, list | dict) else value

"""Settings from several places, laid over each other; each remembers where it was written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from core.config.base import OLDER_NAMES

SettingPath = tuple[str, ...]
"""Names from the top of the configuration down to a value."""


@dataclass(frozen=True)
class Setting:
    """A value and where it was written."""

    value: Any
    source: Source
    keys: Keys
    """Place in the source."""

    def place(self, inner: Keys = ()) -> str:
        """``file:line:column: grid.augment.first[1]``; with ``inner``, the place of a value inside this one."""
        return self.source.locate((*self.keys, *inner))

    @property
    def sets_nothing(self) -> bool:
        """Whether the value is an empty mapping, as in ``loss: {}``."""
        return isinstance(self.value, dict) and not self.value


Layer = dict[SettingPath, Setting]
"""Settings by path; no path is the beginning of another."""


def overlap(one: SettingPath, other: SettingPath) -> bool:
    """Whether one path is the beginning of the other, so that both cannot be set."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def conflict(one: Layer, other: Layer) -> tuple[Setting, Setting] | None:
    """The first two settings of two layers that set the same thing; None if there are none."""
    for path, setting in one.items():
        for other_path, other_setting in other.items():
            both_set = not setting.sets_nothing and not other_setting.sets_nothing
            if both_set and overlap(path, other_path):
                return setting, other_setting
    return None


def flatten(values: dict[str, Any], source: Source, keys: Keys) -> Layer:
    """Nested mappings as settings by path: ``{augment: {first: crop}, loss.temperature: 0.1}`` gives two.

    An empty mapping stays, so that its place can be told. Raises ``StudyError`` if two settings collide.
    """
    layer: Layer = {}
    for name, value in values.items():
        path, here = tuple(name.split(".")), (*keys, name)
        inner = flatten(value, source, here) if isinstance(value, dict) else {}
        for rest, setting in (inner or {(): Setting(value, source, here)}).items():
            _add(layer, *today((*path, *rest), setting))
    return layer


def today(path: SettingPath, setting: Setting) -> tuple[SettingPath, Setting]:
    """The path and setting in today's words, if the path ends with the older name of a field that was renamed."""
    if path[-1] not in OLDER_NAMES:
        return path, setting
    _, older = OLDER_NAMES[path[-1]]
    return (*path[:-1], name_today(path[-1])), replace(setting, value=older.today(setting.value))


def name_today(name: str) -> str:
    """Today's name of a field, for an older one as well."""
    return OLDER_NAMES[name][0] if name in OLDER_NAMES else name


def overlay(layers: Iterable[Layer]) -> Layer:
    """The layers as one. A later setting wins, but an empty mapping hides nothing."""
    remaining = iter(layers)
    result = dict(next(remaining, {}))
    for layer in remaining:
        for path, setting in layer.items():
            hidden = [other for other in result if overlap(other, path)]
            if hidden and setting.sets_nothing and all(len(other) > len(path) for other in hidden):
                continue
            for other in hidden:
                del result[other]
            result[path] = setting
    return result


def nest(layer: Layer) -> dict[str, Any]:
    """The settings as nested mappings."""
    nested: dict[str, Any] = {}
    for path, setting in layer.items():
        inner = nested
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = setting.value
    return nested


def dotted_values(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The plain values in nested mappings, by dotted path."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = dotted_values(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
        flat |= inner
    return flat


def coordinate(value: Any) -> Any:
    """A value of an axis as one plain value: lists and mappings as JSON text."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _add(layer: Layer, path: SettingPath, setting: Setting) -> None:
    for other, earlier in layer.items():
        if overlap(other, path):
            raise StudyError(f"{setting.place()}: is also set at {earlier.place()}; keep one of them")
    layer[path] = setting

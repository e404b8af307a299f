"""The axes of a grid, and the cells that they span.

A plain axis is a path and the values that it takes, or a mapping from labels to values. Of the other forms, each is
an entry of the grid of its own:

``zip``             several paths that move together: lists of one length
``points``          labelled settings, one after the other
``leave_one_out``   labelled settings, each of which takes one thing away: nothing left out, then each by itself
``add_one_in``      labelled settings, each of which adds one thing: nothing added, then each by itself
``only_where``      axes that exist only where another has certain values
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ablations.study.settings import Layer, Setting, coordinate, flatten, overlap, overlay
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError

LABELLED = ("points", "leave_one_out", "add_one_in")
"""Axes of labelled settings, which are named by their form."""

NOTHING = "nothing"
"""The cell of a leave-one-out or an add-one-in that leaves out or adds nothing."""

Coordinates = dict[str, Any]
"""By an axis' name: a dotted path, or the form for axes that are not one path. Plain values or labels."""


@dataclass(frozen=True)
class Point:
    """One value of an axis."""

    coordinates: Coordinates
    settings: Layer
    place: str
    """Where it is written."""


Axis = tuple[Point, ...]


@dataclass(frozen=True)
class Grid:
    """Axes, the last one fastest."""

    axes: tuple[Axis, ...]
    only_where: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """By the name of an axis: the names of others, and the values (as text) at which it exists."""

    @property
    def names(self) -> list[str]:
        """Of the axes, in order."""
        return [name for axis in self.axes for name in axis[0].coordinates]

    @property
    def size(self) -> int:
        """Of the whole product."""
        return math.prod(map(len, self.axes))

    def cells(self) -> Iterator[tuple[Coordinates, Layer]]:
        """The product; cells that differ only in an axis that does not exist there are one cell."""
        seen: set[str] = set()
        for points in itertools.product(*self.axes):
            everything = _coordinates(points)
            there = [point for point in points if self._exists(point, everything)]
            coordinates = _coordinates(there)
            if str(coordinates) not in seen:
                seen.add(str(coordinates))
                yield coordinates, overlay(point.settings for point in there)

    def _exists(self, point: Point, coordinates: Coordinates) -> bool:
        conditions = [self.only_where.get(name, {}) for name in point.coordinates]
        return all(str(coordinates[other]) in values for every in conditions for other, values in every.items())


def parse_grid(entry: dict[str, Any] | list[dict[str, Any]] | None, source: Source, keys: Keys) -> list[Grid]:
    """A study's grid, or its list of grids. Raises ``StudyError``."""
    if isinstance(entry, list):
        return [_parse_grid(grid, source, (*keys, number)) for number, grid in enumerate(entry)]
    return [_parse_grid(entry or {}, source, keys)]


def plain_axis(path: str, settings: list[Setting]) -> Axis:
    """One path, and its values."""
    return tuple(
        Point({path: coordinate(setting.value)}, _settings(path, setting), setting.place()) for setting in settings
    )


def _parse_grid(values: Mapping[str, Any], source: Source, keys: Keys) -> Grid:
    axes: list[Axis] = []
    for name, entry in values.items():
        here = (*keys, name)
        match name:
            case "only_where":
                continue
            case "zip":
                axes.append(_zip(entry, source, here))
            case "points":
                axes.append(_points(name, _mapping(entry, source, here), source, here))
            case "leave_one_out" | "add_one_in":
                whole = Point({name: NOTHING}, {}, source.locate(here))
                axes.append((whole, *_points(name, _mapping(entry, source, here), source, here)))
            case _:
                axes.append(_labelled(name, entry, source, here))
    for point in (axis[0] for axis in axes):
        if "" in point.coordinates:
            raise StudyError(f"{point.place}: an axis is named by its path, such as loss.temperature")
    _check_distinct(axes)
    _check_apart(axes)
    grid = Grid(tuple(axes))
    return replace(grid, only_where=_conditions(values.get("only_where", {}), grid, source, (*keys, "only_where")))


def _labelled(path: str, entry: list[Any] | dict[str, Any], source: Source, keys: Keys) -> Axis:
    if isinstance(entry, list):
        return plain_axis(path, [Setting(value, source, (*keys, number)) for number, value in enumerate(entry)])
    settings = {label: Setting(value, source, (*keys, label)) for label, value in entry.items()}
    return tuple(Point({path: label}, _settings(path, s), s.place()) for label, s in settings.items())


def _points(name: str, entry: dict[str, Any], source: Source, keys: Keys) -> Axis:
    def point(label: str, values: Any) -> Point:
        here = (*keys, label)
        return Point({name: label}, flatten(_mapping(values, source, here), source, here), source.locate(here))

    return tuple(point(label, values) for label, values in entry.items())


def _zip(entry: Any, source: Source, keys: Keys) -> Axis:
    columns = _mapping(entry, source, keys)
    lengths = {path: len(values) if isinstance(values, list) else 0 for path, values in columns.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        told = ", ".join(f"{path} {length}" for path, length in lengths.items())
        raise StudyError(f"{source.locate(keys)}: zipped paths have lists of one length, at least 1; here {told}")
    axes = [_labelled(path, values, source, (*keys, path)) for path, values in columns.items()]
    return tuple(
        Point(_coordinates(row), overlay(point.settings for point in row), row[0].place)
        for row in zip(*axes, strict=True)
    )


def _conditions(entry: Any, grid: Grid, source: Source, keys: Keys) -> dict[str, dict[str, list[str]]]:
    conditions: dict[str, dict[str, list[str]]] = {}
    for name, others in _mapping(entry, source, keys).items():
        for other, values in _mapping(others, source, (*keys, name)).items():
            for axis in (name, other):
                if axis not in grid.names:
                    known = ", ".join(grid.names)
                    raise StudyError(f"{source.locate((*keys, name))}: {axis} is no axis of this grid; it has {known}")
            allowed = values if isinstance(values, list) else [values]
            conditions.setdefault(name, {})[other] = [str(coordinate(value)) for value in allowed]
    return conditions


def _coordinates(points: Iterable[Point]) -> Coordinates:
    """Of several points together."""
    return {name: value for point in points for name, value in point.coordinates.items()}


def _settings(path: str, setting: Setting) -> Layer:
    """A value of an axis as settings; a mapping sets several."""
    if not isinstance(setting.value, dict):
        return {tuple(path.split(".")): setting}
    inner = flatten(setting.value, setting.source, setting.keys)
    return {(*path.split("."), *rest): value for rest, value in inner.items()}


def _mapping(value: Any, source: Source, keys: Keys) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StudyError(f"{source.locate(keys)}: should be a mapping, not {value!r}")
    return value


def _check_distinct(axes: list[Axis]) -> None:
    for axis in axes:
        for earlier, later in itertools.combinations(axis, 2):
            if _values(earlier) == _values(later):
                told = ", ".join(repr(value) for value in later.coordinates.values())
                raise StudyError(f"{later.place}: {told} is there already; each value of an axis once")


def _check_apart(axes: list[Axis]) -> None:
    """Of two axes that set one thing the later would win, and the earlier's coordinates would not be true."""
    for one, other in itertools.combinations(axes, 2):
        for earlier, later in itertools.product(one, other):
            if any(overlap(a, b) for a in earlier.settings for b in later.settings):
                raise StudyError(f"{later.place}: is also set at {earlier.place}; keep one of them")


def _values(point: Point) -> list[tuple[type, Any]]:
    """1 and 1.0 and true are three values."""
    return [(type(value), value) for value in point.coordinates.values()]

"""Grids: axes, and the cells that they span. ``grid_forms`` reads one from a file."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ablations.study.settings import Layer, coordinate, overlay

Coordinates = dict[str, Any]
"""Plain values or labels by the name of an axis: a dotted path, or the form of an axis that is not one path."""


@dataclass(frozen=True)
class Point:
    """One value of an axis."""

    coordinates: Coordinates
    settings: Layer
    place: str
    """Place where it is written."""


Axis = tuple[Point, ...]

Conditions = dict[str, dict[str, list[str]]]
"""Conditions of the axes that do not exist everywhere, by name: other axes, and their values (as text) at which the
axis exists."""


@dataclass(frozen=True)
class Grid:
    """Axes, the last one fastest."""

    axes: tuple[Axis, ...]
    only_where: Conditions = field(default_factory=dict)
    drawn: tuple[tuple[Point, ...], ...] | None = None
    """Cells that were drawn at random, as one point of each axis; None for the whole product."""

    @property
    def names(self) -> list[str]:
        """Names of the axes, in order."""
        return [name for axis in self.axes for name in axis[0].coordinates]

    @property
    def values(self) -> dict[str, list[str]]:
        """The values of each axis by its name, as text, each once."""
        texts: dict[str, dict[str, None]] = {}
        for point in itertools.chain(*self.axes):
            for name, value in point.coordinates.items():
                texts.setdefault(name, {})[value_text(value)] = None
        return {name: list(values) for name, values in texts.items()}

    @property
    def size(self) -> int:
        """Number of cells before those that are the same are taken as one."""
        return math.prod(map(len, self.axes)) if self.drawn is None else len(self.drawn)

    @property
    def combinations(self) -> Iterable[tuple[Point, ...]]:
        """Every combination of points, one of each axis."""
        return itertools.product(*self.axes) if self.drawn is None else self.drawn

    def cells(self) -> Iterator[tuple[Coordinates, Layer]]:
        """Coordinates and settings of each cell. Cells that differ only in an axis that does not exist are one."""
        seen: set[str] = set()
        for points in self.combinations:
            there = existing(points, self.only_where)
            coordinates = joined_coordinates(there)
            if str(coordinates) not in seen:
                seen.add(str(coordinates))
                yield coordinates, overlay(point.settings for point in there)


def existing(points: Iterable[Point], only_where: Conditions) -> list[Point]:
    """The points of a cell whose axes exist there. An axis exists if the axes that it depends on exist, and have one of
    the values that its condition names."""
    points = list(points)
    of_axis = {name: point for point in points for name in point.coordinates}

    def exists(point: Point) -> bool:
        conditions = [condition for name in point.coordinates for condition in only_where.get(name, {}).items()]
        return all(
            other in of_axis and value_text(of_axis[other].coordinates[other]) in values and exists(of_axis[other])
            for other, values in conditions
        )

    return [point for point in points if exists(point)]


def joined_coordinates(points: Iterable[Point]) -> Coordinates:
    """The coordinates of several points together."""
    return {name: value for point in points for name, value in point.coordinates.items()}


def value_text(value: object) -> str:
    """A value of an axis as text, as reports write it."""
    return str(coordinate(value))


def values_of_all(grids: Iterable[Grid]) -> Mapping[str, list[str]]:
    """The values of each axis of several grids, as text, each once."""
    texts: dict[str, dict[str, None]] = {}
    for grid in grids:
        for name, values in grid.values.items():
            texts.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: list(values) for name, values in texts.items()}

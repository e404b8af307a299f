"""Random search: cells that are drawn from a grid, the same ones every time.

A draw is a function of the seed, the axis and its number, not of what was drawn before. So a larger ``sample`` keeps
the cells of a smaller one, and another axis changes no values of the first.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ablations.study.axes import Axis, Conditions, Grid, Point, existing, joined_coordinates
from ablations.study.grid_forms.ranges import Range
from ablations.types.errors import StudyError
from ablations.types.wording import quoted

MOST_CELLS = 20_000
TRIES = 100
"""Draws for each cell that is asked for, after which the axes are taken to have no more."""


@dataclass(frozen=True)
class Sample:
    """How many cells to draw, and by which seed."""

    count: int
    seed: int
    place: str


def parse_sample(count: Any, seed: Any, place: str, seed_place: str) -> Sample:
    """``sample`` and ``seed`` of a grid. Raises ``StudyError`` unless they are whole numbers in their bounds."""
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_CELLS:
        raise StudyError(f"{place}: how many cells to draw, from 1 to {MOST_CELLS:,}; not {quoted(count)}")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise StudyError(f"{seed_place}: the seed of the draws is a whole number from 0 on, not {quoted(seed)}")
    return Sample(count, seed, place)


def draw_cells(axes: Sequence[Axis | Range], only_where: Conditions, sample: Sample) -> Grid:
    """The grid of the drawn cells, which all differ. Raises ``StudyError`` if the axes do not have so many."""
    drawn: dict[str, tuple[Point, ...]] = {}
    for number in range(TRIES * sample.count):
        points = tuple(_point(axis, sample.seed, number) for axis in axes)
        drawn.setdefault(str(joined_coordinates(existing(points, only_where))), points)
        if len(drawn) == sample.count:
            break
    else:
        raise StudyError(f"{sample.place}: the axes have {len(drawn):,} different cells; ask for no more")
    columns = zip(*drawn.values(), strict=True)
    known = (_in_order(column) if isinstance(axis, Range) else axis for axis, column in zip(axes, columns, strict=True))
    return Grid(tuple(known), only_where, tuple(drawn.values()))


def _point(axis: Axis | Range, seed: int, number: int) -> Point:
    if isinstance(axis, Range):
        return axis.point(_share(seed, axis.path, number))
    name = ", ".join(axis[0].coordinates)
    return axis[int(_share(seed, name, number) * len(axis))]


def _share(seed: int, name: str, number: int) -> float:
    """A uniform draw from 0 to 1."""
    digits = hashlib.sha256(f"{seed}/{name}/{number}".encode()).hexdigest()[:13]
    return int(digits, 16) / 16**13


def _in_order(points: Sequence[Point]) -> Axis:
    """The drawn numbers as an axis that goes up, each once."""
    by_value = {next(iter(point.coordinates.values())): point for point in points}
    return tuple(by_value[value] for value in sorted(by_value))

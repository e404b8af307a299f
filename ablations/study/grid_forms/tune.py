"""Reads what a study tunes: axes whose values are chosen for each cell and seed."""

from collections.abc import Sequence
from typing import Any

from ablations.study.axes import Grid, values_of_all
from ablations.study.grid_forms.parse import parse_one
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError


def parse_tune(entry: dict[str, Any] | None, source: Source, keys: Keys, grids: Sequence[Grid]) -> Grid | None:
    """The tuned axes of a study with these grids; None if it tunes nothing.

    Raises ``StudyError``, also for an axis that is in a grid as well: its cells have their values.
    """
    if not entry:
        return None
    axes = values_of_all(grids)
    tune = parse_one(entry, source, keys, axes)
    for name in tune.names:
        if name in axes:
            raise StudyError(f"{_place(name, tune)}: {name} is an axis of the grid too; keep one of them")
    for name in tune.only_where:
        if name in axes:
            place = source.locate((*keys, "only_where", name))
            raise StudyError(f"{place}: {name} is an axis of the grid; write its condition under 'grid'")
    return tune


def _place(name: str, tune: Grid) -> str:
    return next(axis[0].place for axis in tune.axes if name in axis[0].coordinates)

"""The candidates of a cell: what is trained to choose its tuned values."""

from collections.abc import Iterator
from dataclasses import replace

from ablations.planning.configuration.cells import Cell, cells_of
from ablations.planning.configuration.configure import configure
from ablations.study.axes import Grid, Point, existing
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer, conflict
from ablations.types.errors import StudyError
from ablations.types.identity import trial_id


def all_candidates(scaled: ScaledStudy) -> Iterator[Cell]:
    """The candidates of every cell, then those of every baseline."""
    for cell in cells_of(scaled):
        yield from candidates_of(cell, scaled)


def candidates_of(cell: Cell, scaled: ScaledStudy) -> list[Cell]:
    """The cell with each combination of the tuned values that it has; the cell alone if it has none.

    A cell has no value of an axis that ``only_where`` leaves out, and none of a setting that its kind does not have. A
    baseline keeps what it sets itself. Raises ``StudyError`` for a cell of the grid that sets what is tuned.
    """
    if scaled.tune is None:
        return [cell]
    found: dict[str, Cell] = {}
    for points in _combinations(cell, scaled.tune):
        made = configure(scaled, replace(cell, tuned=points), scaled.seeds[0])
        used = tuple(point for point in points if _is_used(point, made.settings))
        found.setdefault(trial_id(made.config), replace(cell, tuned=used))
    return list(found.values())


def _combinations(cell: Cell, tune: Grid) -> Iterator[tuple[Point, ...]]:
    place = Point(cell.coordinates, {}, "")
    for points in tune.combinations:
        there = tuple(point for point in existing([place, *points], tune.only_where) if point is not place)
        if cell.baseline is None:
            _check_apart(cell, there)
        yield there


def _check_apart(cell: Cell, points: tuple[Point, ...]) -> None:
    for point in points:
        if both := conflict(point.settings, cell.layer):
            raise StudyError(
                f"{both[0].place()}: is set at {both[1].place()} too, in the cell {cell.name}; keep one of them, or "
                "say under 'only_where' in which cells it is tuned"
            )


def _is_used(point: Point, settings: Layer) -> bool:
    return any(settings.get(path) is setting for path, setting in point.settings.items())

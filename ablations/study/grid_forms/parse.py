"""Reads a grid: its axes in all their forms, then what holds between them."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ablations.study.axes import Axis, Grid, Point, joined_coordinates
from ablations.study.checks.setting_paths import unknown_path
from ablations.study.grid_forms.only_where import parse_conditions
from ablations.study.grid_forms.points import distinct, labelled_axis, mapping, plain_axis, settings_axis
from ablations.study.grid_forms.ranges import Range, parse_range
from ablations.study.grid_forms.sampling import draw_cells, parse_sample
from ablations.study.settings import Layer, Setting, conflict, overlay
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import quoted

LABELLED = ("points", "leave_one_out", "add_one_in")
"""Axes of labelled settings, which are named by their form."""

NOTHING = "nothing"
"""The cell of a leave-one-out or an add-one-in that leaves out or adds nothing."""

ONLY_WHERE, SAMPLE, SEED = "only_where", "sample", "seed"
FORMS = "a list of values, values by label, or a range such as {log: [1e-4, 0.1, 7]}"


def parse_grid(entry: Any, source: Source, keys: Keys) -> list[Grid]:
    """A study's grid, or its list of grids. Raises ``StudyError``."""
    if isinstance(entry, list):
        return [parse_one(grid, source, (*keys, number), {}) for number, grid in enumerate(entry)]
    return [parse_one(entry, source, keys, {})]


def parse_one(entry: Any, source: Source, keys: Keys, others: Mapping[str, list[str]]) -> Grid:
    """One grid. ``others`` are axes outside it, and their values as text, on which its axes may depend."""
    values = mapping(entry, source, keys)
    no_axes = (ONLY_WHERE, SAMPLE, SEED) if SAMPLE in values else (ONLY_WHERE,)
    axes = [_axis(name, one, source, (*keys, name)) for name, one in values.items() if name not in no_axes]
    if not axes:
        raise StudyError(f"{source.locate(keys)}: a grid has at least one axis, such as loss.temperature: [0.1, 0.5]")
    known = {**others, **_known_values(axes)}
    conditions = parse_conditions(values.get(ONLY_WHERE, {}), known, source, (*keys, ONLY_WHERE))
    if SAMPLE in values:
        places = [source.locate((*keys, name)) for name in (SAMPLE, SEED)]
        grid = draw_cells(axes, conditions, parse_sample(values[SAMPLE], values.get(SEED, 0), *places))
    else:
        grid = Grid(tuple(map(_listed, axes)), conditions)
    _check_apart(grid.axes)
    return grid


def _axis(name: str, entry: Any, source: Source, keys: Keys) -> Axis | Range:
    if name not in (*LABELLED, "zip"):
        _check_path(name, source.locate(keys))
    if not isinstance(entry, list | dict):
        raise StudyError(f"{source.locate(keys)}: should be {FORMS}; not {quoted(entry)}")
    if not entry:
        raise StudyError(f"{source.locate(keys)}: an axis has at least one value")
    match name:
        case "zip":
            return _zip(mapping(entry, source, keys), source, keys)
        case "points":
            return settings_axis(name, mapping(entry, source, keys), source, keys)
        case "leave_one_out" | "add_one_in":
            whole = Point({name: NOTHING}, {}, source.locate(keys))
            return distinct((whole, *settings_axis(name, mapping(entry, source, keys), source, keys)))
    if isinstance(entry, list):
        return plain_axis(name, [Setting(value, source, (*keys, number)) for number, value in enumerate(entry)])
    return parse_range(name, entry, source, keys) or labelled_axis(name, entry, source, keys)


def _check_path(name: str, place: str) -> None:
    if not name.strip():
        raise StudyError(f"{place}: an axis is named by its path, such as loss.temperature")
    if problem := unknown_path(tuple(name.split(".")), (*LABELLED, "zip", ONLY_WHERE, SAMPLE)):
        raise StudyError(f"{place}: {problem}")


def _zip(entry: dict[str, Any], source: Source, keys: Keys) -> Axis:
    columns = {path: _listed(_axis(path, values, source, (*keys, path))) for path, values in entry.items()}
    lengths = {path: len(column) for path, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{path} {length}" for path, length in lengths.items())
        raise StudyError(f"{source.locate(keys)}: zipped paths have the same number of values; here {told}")
    _check_apart(list(columns.values()))
    return tuple(
        Point(joined_coordinates(row), overlay(point.settings for point in row), row[0].place)
        for row in zip(*columns.values(), strict=True)
    )


def _listed(axis: Axis | Range) -> Axis:
    """The axis itself. Raises ``StudyError`` for a range without a count, which only a sample can draw from."""
    if isinstance(axis, Range):
        place, ends = axis.source.locate(axis.keys), f"{axis.low:g}, {axis.high:g}"
        raise StudyError(
            f"{place}: say how many values, as {{{axis.spacing}: [{ends}, 7]}}, or draw them by 'sample: 20'"
        )
    return axis


def _known_values(axes: Sequence[Axis | Range]) -> dict[str, list[str]]:
    """The values of each axis as text; none for a range that is drawn from."""
    listed = Grid(tuple(axis for axis in axes if not isinstance(axis, Range))).values
    return listed | {axis.path: [] for axis in axes if isinstance(axis, Range)}


def _check_apart(axes: Sequence[Axis]) -> None:
    """Raises ``StudyError`` if two axes set one thing: the later would win, and the earlier's coordinates be wrong."""
    for one, other in itertools.combinations(map(_all_settings, axes), 2):
        if both := conflict(one, other):
            raise StudyError(f"{both[1].place()}: is also set at {both[0].place()}; keep one of them")


def _all_settings(axis: Axis) -> Layer:
    """The first setting of each path that any of the points sets."""
    found: Layer = {}
    for point in axis:
        for path, setting in point.settings.items():
            if not setting.sets_nothing:
                found.setdefault(path, setting)
    return found

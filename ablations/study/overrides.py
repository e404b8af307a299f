"""``--set`` on the command line: settings of every trial, values of axes, and what a trial occupies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ablations.study.axes import Axis, Grid, Point, value_text
from ablations.study.explain import validate
from ablations.study.grid_forms.parse import LABELLED
from ablations.study.grid_forms.points import plain_axis
from ablations.study.grid_forms.ranges import SPACINGS
from ablations.study.settings import Layer, Setting, SettingPath, conflict, flatten
from ablations.study.study import Resources, Study
from ablations.study.yaml_source import Source, parse_scalar
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, quoted, shortened

OPTION = "--set"
RESOURCES = "resources"
INSTEAD = {
    "seeds": "write --seeds 3",
    "scale": "write --scale laptop",
    "base": "write the path alone, such as --set epochs=20",
    "grid": "write the axis alone, such as --set loss.temperature=[0.1,0.5]",
}
"""Remedies for an assignment to a field of a study; other fields are changed in its file."""


def assigned(assignments: Sequence[str]) -> Layer:
    """The settings of trials from assignments ``path=value``. Raises ``StudyError``, also if one hides another."""
    return _parsed(of_trials(assignments))


def assigned_resources(resources: Resources, assignments: Sequence[str]) -> Resources:
    """The study's resources with what is assigned to them, as ``resources.gpu=0.25``. Raises ``StudyError``."""
    own = [assignment for assignment in assignments if _of_resources(assignment)]
    if not own:
        return resources
    layer = _parsed(own)
    place = shortened(" ".join(f"{OPTION} {assignment}" for assignment in own), 200)
    if (RESOURCES,) in layer:
        raise StudyError(f"{place}: say which, such as --set resources.gpu=0.25")
    changes = {".".join(path[1:]): setting.value for path, setting in layer.items()}
    return validate(Resources, Source(place, resources.model_dump() | changes))


def of_trials(assignments: Sequence[str]) -> list[str]:
    """The assignments without those to ``resources``, which change no result."""
    return [assignment for assignment in assignments if not _of_resources(assignment)]


def with_axes_replaced(several: Sequence[Sequence[Grid]], overrides: Layer) -> tuple[list[list[Grid]], Layer]:
    """Lists of grids with the values that ``overrides`` give to their axes, and the overrides that name no axis.

    Raises ``StudyError`` for an axis whose values cannot be replaced.
    """
    names = [name for grids in several for grid in grids for name in grid.names]
    by_path: dict[SettingPath, str] = {tuple(name.split(".")): name for name in names}
    for path, setting in overrides.items():
        if path[:-1] in by_path and path[-1] in SPACINGS:
            name = by_path[path[:-1]]
            raise StudyError(f"{setting.source.name}: list the values of an axis here, as --set {name}=[0.1,0.5]")
    replaced = {by_path[path]: setting for path, setting in overrides.items() if path in by_path}
    left = {path: setting for path, setting in overrides.items() if path not in by_path}
    return [[_with_values(grid, replaced) for grid in grids] for grids in several], left


def _with_values(grid: Grid, replaced: dict[str, Setting]) -> Grid:
    return replace(grid, axes=tuple(_replaced(axis, grid, replaced) for axis in grid.axes))


def _replaced(axis: Axis, grid: Grid, replaced: dict[str, Setting]) -> Axis:
    names = list(axis[0].coordinates)
    name = next((name for name in names if name in replaced), None)
    if name is None:
        return axis
    setting = replaced[name]
    if len(names) > 1:
        raise StudyError(f"{setting.source.name}: {name} is zipped with others in the grid; change both in the study")
    if grid.drawn is not None:
        raise StudyError(f"{setting.source.name}: the grid draws its values at random; change the axis in the study")
    return _chosen(axis, name, setting)


def _chosen(axis: Axis, name: str, setting: Setting) -> Axis:
    """The axis with the values of the setting; a label stands for the point that has it."""
    listed = setting.value if isinstance(setting.value, list) else [setting.value]
    if not listed:
        raise StudyError(f"{setting.source.name}: an axis has at least one value")
    labelled = {value_text(point.coordinates[name]): point for point in axis if _has_label(point, name)}
    if name in LABELLED or (labelled and all(value_text(value) in labelled for value in listed)):
        return _labelled(labelled, name, listed, setting.source.name)
    return plain_axis(name, [Setting(value, setting.source, setting.keys) for value in listed])


def _labelled(labelled: dict[str, Point], name: str, labels: list[Any], place: str) -> Axis:
    for label in labels:
        if value_text(label) not in labelled:
            raise StudyError(f"{place}: {name} has no {quoted(label)}; {did_you_mean(value_text(label), labelled)}")
        if labels.count(label) > 1:
            raise StudyError(f"{place}: {quoted(label)} is given twice; name each value of an axis once")
    return tuple(labelled[value_text(label)] for label in labels)


def _has_label(point: Point, name: str) -> bool:
    """Whether the point's coordinate is a label, and not the value itself."""
    own = point.settings.get(tuple(name.split(".")))
    return own is None or value_text(own.value) != value_text(point.coordinates[name])


def _of_resources(assignment: str) -> bool:
    return assignment.partition("=")[0].partition(".")[0] == RESOURCES


def _parsed(assignments: Sequence[str]) -> Layer:
    result: Layer = {}
    for assignment in assignments:
        layer = _parse(assignment)
        if both := conflict(result, layer):
            raise StudyError(f"{both[1].source.name}: {both[0].source.name} sets it too; keep one of them")
        result |= layer
    return result


def _parse(assignment: str) -> Layer:
    place = f"{OPTION} {shortened(assignment)}"
    path, equals, text = assignment.partition("=")
    path = path.strip()
    if not equals or not path:
        raise StudyError(f"{place}: write --set path=value, such as --set epochs=20")
    field = path.partition(".")[0]
    if field in INSTEAD or field in Study.model_fields.keys() - {RESOURCES}:
        told = INSTEAD.get(field, "change it in the study file")
        raise StudyError(f"{place}: {field} is no setting of a trial; {told}")
    try:
        value = parse_scalar(text)
    except StudyError as error:
        raise StudyError(f"{place}: {error}") from error
    layer = flatten({path: value}, Source(place), ())
    if any(setting.sets_nothing for setting in layer.values()):
        raise StudyError(f"{place}: an empty mapping sets nothing; give a value")
    return layer

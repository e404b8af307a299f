"""Checks that a report names axes, values and metrics of its study."""

from collections.abc import Mapping, Sequence

from ablations.study.axes import Grid, value_text, values_of_all
from ablations.study.grid_forms.parse import NOTHING, ONE_BY_ONE
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.metrics import known_metric
from ablations.types.wording import did_you_mean, quoted
from reports.specs import AgainstReport, EffectsReport, HeatmapReport, PointsReport, Report, TableReport

MAY_BE_ALIKE = ("color", "marker")
"""Fields that may name one axis: what colours tell apart, markers may tell apart too."""


def default_report(grids: Sequence[Grid]) -> Report:
    """The differences of what is left out or added one by one, a table of cells that were drawn at random, a heatmap of
    two axes, or else points over the first axis."""
    axes = list(values_of_all(grids))
    if any(grid.drawn is not None for grid in grids):
        return TableReport(rows=axes)
    if one_by_one := [axis for axis in ONE_BY_ONE if axis in axes]:
        return EffectsReport(axis=one_by_one[0], reference=NOTHING)
    return HeatmapReport(rows=axes[0], columns=axes[1]) if len(axes) == 2 else PointsReport(x=axes[0])


def check_report(report: Report, grids: Sequence[Grid], own_grids: Sequence[Grid], source: Source) -> None:
    """Raises ``StudyError`` for a name that neither the grids of the scale nor, for values, the study's own have."""
    axes = values_of_all(grids)
    for keys, name in report.named("axis"):
        _check_axis(name, axes, source.locate(("report", *keys)))
    for keys, name in report.named("metric"):
        _check_metric(name, source.locate(("report", *keys)))
    for keys, name in report.named("label"):
        if name not in axes:
            _check_label(name, axes, source.locate(("report", *keys)))
    if isinstance(report, AgainstReport | EffectsReport):
        known = values_of_all([*grids, *own_grids])[report.axis]
        for keys, value in report.named("value"):
            _check_value(report.axis, value, known, source.locate(("report", *keys)))
    _check_distinct(report, source)


def _check_axis(name: str, axes: Mapping[str, list[str]], place: str) -> None:
    if name not in axes:
        raise StudyError(f"{place}: {quoted(name)} is no axis of the grid; {did_you_mean(name, axes)}")


def _check_metric(name: str, place: str) -> None:
    try:
        known_metric(name)
    except ValueError as error:
        raise StudyError(f"{place}: {error}") from error


def _check_label(name: str, axes: Mapping[str, list[str]], place: str) -> None:
    try:
        known_metric(name)
    except ValueError:
        told = f"{quoted(name)} is neither an axis of the grid nor a metric; {did_you_mean(name, axes)}"
        raise StudyError(f"{place}: {told}") from None


def _check_value(axis: str, value: object, known: list[str], place: str) -> None:
    text = value_text(value)
    if text not in known:
        raise StudyError(f"{place}: {axis} has no value {quoted(value)}; {did_you_mean(text, known)}")


def _check_distinct(report: Report, source: Source) -> None:
    """Raises ``StudyError`` if two fields of the report name the same axis."""
    seen: dict[str, Keys] = {}
    for keys, name in report.named("axis"):
        earlier = seen.setdefault(name, keys)
        if earlier != keys and not {earlier[0], keys[0]} <= set(MAY_BE_ALIKE):
            place = source.locate(("report", *keys))
            raise StudyError(f"{place}: is the same axis as {earlier[0]}: {name}; name each axis once")

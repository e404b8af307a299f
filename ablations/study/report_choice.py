"""How a study is drawn, checked against its grid."""

from collections.abc import Iterator

from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.metrics import known_metric
from reports.specs import HeatmapReport, PointsReport, Report

AXES_OF_REPORTS = ("rows", "columns", "x", "series", "panels", "axis", "color", "marker")
"""Fields that name an axis of the grid, or several."""
METRICS_OF_REPORTS = ("metric", "metrics")


def chosen_report(report: Report | None, axes: list[str], source: Source) -> Report:
    """The study's own, or a heatmap of two axes, or points over the first. Raises ``StudyError``."""
    if report is None:
        return HeatmapReport(rows=axes[0], columns=axes[1]) if len(axes) == 2 else PointsReport(x=axes[0])
    for keys, name in _named(report):
        _check_name(keys, name, axes, source)
    if isinstance(report, HeatmapReport) and report.rows == report.columns:
        raise StudyError(f"{source.locate(('report', 'columns'))}: rows and columns are the same axis")
    return report


def _named(report: Report) -> Iterator[tuple[Keys, str]]:
    """Each axis and metric that the report names, and where."""
    for field in (*AXES_OF_REPORTS, *METRICS_OF_REPORTS):
        if (field == "x" and report.kind == "against") or field not in type(report).model_fields:
            continue
        value = getattr(report, field)
        if isinstance(value, list):
            yield from (((field, number), name) for number, name in enumerate(value))
        elif value is not None:
            yield (field,), value


def _check_name(keys: Keys, name: str, axes: list[str], source: Source) -> None:
    place = source.locate(("report", *keys))
    if keys[0] in METRICS_OF_REPORTS:
        try:
            known_metric(name)
        except ValueError as error:
            raise StudyError(f"{place}: {error}") from error
    elif name not in axes:
        raise StudyError(f"{place}: {name!r} is no axis of the grid; the axes are {', '.join(axes)}")

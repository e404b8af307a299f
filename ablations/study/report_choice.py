"""How a study is drawn, checked against its grid."""

from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.metrics import known_metric
from reports.specs import HeatmapReport, PointsReport, Report


def chosen_report(report: Report | None, axes: list[str], source: Source) -> Report:
    """The study's own, or a heatmap of two axes, or points over the first. Raises ``StudyError``."""
    if report is None:
        return HeatmapReport(rows=axes[0], columns=axes[1]) if len(axes) == 2 else PointsReport(x=axes[0])
    for keys, name in report.named("axis"):
        _check_axis(keys, name, axes, source)
    for keys, name in report.named("metric"):
        _check_metric(keys, name, source)
    if isinstance(report, HeatmapReport) and report.rows == report.columns:
        raise StudyError(f"{source.locate(('report', 'columns'))}: rows and columns are the same axis")
    return report


def _check_metric(keys: Keys, name: str, source: Source) -> None:
    try:
        known_metric(name)
    except ValueError as error:
        raise StudyError(f"{source.locate(('report', *keys))}: {error}") from error


def _check_axis(keys: Keys, name: str, axes: list[str], source: Source) -> None:
    if name not in axes:
        place = source.locate(("report", *keys))
        raise StudyError(f"{place}: {name!r} is no axis of the grid; the axes are {', '.join(axes)}")

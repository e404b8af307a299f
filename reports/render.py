"""From a study's table of results to its files: figure, table, data and page."""

from pathlib import Path

from reports.comparison import heatmap_figure
from reports.findings import heatmap_findings, points_findings
from reports.matrix import to_matrix
from reports.page import Drawn, write_page
from reports.panels import save_arrays
from reports.paper import paper_numbers
from reports.pictures import draw_pictures
from reports.points import points_figure, points_texts, summarise
from reports.specs import HeatmapReport, PicturesReport, PointsReport
from reports.study_report import StudyReport
from reports.style import house_style, save_figure
from reports.tables import formatted, latex, markdown, tidy


def render(report: StudyReport, folder: Path) -> Path:
    """Write ``figure.{png,svg,pdf}``, ``table.{md,tex}``, ``data.csv`` and ``report.html``; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        drawn = _draw(report)
        save_figure(drawn.figure, folder, "figure")
    (folder / "table.md").write_text(markdown(drawn.texts, drawn.corner))
    (folder / "table.tex").write_text(latex(drawn.texts, drawn.corner, f"{report.title}: {report.metric_label}"))
    drawn.data.to_csv(folder / "data.csv", index=False)
    save_arrays(report.arrays, folder / "data.npz")
    return write_page(folder / "report.html", report, drawn, (folder / "figure.svg").read_text())


def _draw(report: StudyReport) -> Drawn:
    match report.spec:
        case HeatmapReport() as spec:
            return _heatmap(report, spec)
        case PointsReport() as spec:
            return _points(report, spec)
        case PicturesReport() as spec:
            return draw_pictures(report, spec)
    raise NotImplementedError(report.spec.kind)


def _heatmap(report: StudyReport, spec: HeatmapReport) -> Drawn:
    rows, columns = spec.rows, spec.columns
    matrix = to_matrix(report.table, rows, columns, spec.metric)
    numbers = paper_numbers(report.reproduces)
    published = numbers.matrix(rows, columns, spec.metric) if numbers else None
    paper = published.only(matrix.mean) if published else None
    over = f"\nmean ± standard deviation of {matrix.seeds_text}" if matrix.seeds > 1 else ""
    title = f"Here: {report.metric_label}{over}"
    figure = heatmap_figure(matrix, paper, title, spec.row_label or rows, spec.column_label or columns)
    figure.suptitle(f"{report.title} ({report.scale} scale)", fontsize=14, fontweight="bold")
    data = tidy(matrix, paper, rows, columns)
    findings = heatmap_findings(matrix, paper, report.baselines)
    return Drawn(figure, formatted(matrix), f"{rows} / {columns}", data, findings)


def _points(report: StudyReport, spec: PointsReport) -> Drawn:
    others = [axis for axis in report.axes if axis != spec.x]
    axes = [spec.x, *others]
    summary = summarise(report.table, axes, spec.metric)
    title = f"{report.title} ({report.scale} scale)"
    figure = points_figure(summary, spec.x, others, title, report.metric_label, report.baselines)
    findings = points_findings(summary, axes, report.baselines)
    return Drawn(figure, points_texts(summary, axes), spec.x, summary, findings)

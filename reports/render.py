"""From a study's table of results to its files: figure, table, data and page."""

from pathlib import Path

from reports.comparison import heatmap_figure
from reports.findings import heatmap_findings, points_findings
from reports.matrix import to_matrix
from reports.page import Drawn, write_page
from reports.paper import paper_matrix
from reports.points import points_figure, points_texts, summarise
from reports.study_report import StudyReport
from reports.style import house_style, save_figure
from reports.tables import formatted, latex, markdown, tidy


def render(report: StudyReport, folder: Path) -> Path:
    """Write ``figure.{png,svg,pdf}``, ``table.{md,tex}``, ``data.csv`` and ``report.html``; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        drawn = _heatmap(report) if report.kind == "heatmap" else _points(report)
        save_figure(drawn.figure, folder, "figure")
    corner = " / ".join(report.axes[:2]) if report.kind == "heatmap" else report.axes[0]
    (folder / "table.md").write_text(markdown(drawn.texts, corner))
    (folder / "table.tex").write_text(latex(drawn.texts, corner, f"{report.title}: {report.metric_label}"))
    drawn.data.to_csv(folder / "data.csv", index=False)
    return write_page(folder / "report.html", report, drawn, (folder / "figure.svg").read_text())


def _heatmap(report: StudyReport) -> Drawn:
    rows, columns = report.axes[:2]
    matrix = to_matrix(report.table, rows, columns, report.metric)
    published = paper_matrix(report.reproduces)
    paper = published.only(matrix.mean) if published else None
    over = f"\nmean ± standard deviation of {matrix.seeds_text}" if matrix.seeds > 1 else ""
    title = f"Here: {report.metric_label}{over}"
    figure = heatmap_figure(matrix, paper, title, *report.labels)
    figure.suptitle(f"{report.title} ({report.scale} scale)", fontsize=14, fontweight="bold")
    data = tidy(matrix, paper, rows, columns)
    return Drawn(figure, formatted(matrix), data, heatmap_findings(matrix, paper, report.baselines))


def _points(report: StudyReport) -> Drawn:
    x, *others = report.axes
    summary = summarise(report.table, report.axes, report.metric)
    title = f"{report.title} ({report.scale} scale)"
    figure = points_figure(summary, x, others, title, report.metric_label, report.baselines)
    return Drawn(
        figure, points_texts(summary, report.axes), summary, points_findings(summary, report.axes, report.baselines)
    )

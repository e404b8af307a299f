"""One's own heatmap beside the paper's, the agreement of their orders, and their difference if scored alike."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.baselines import Baseline
from reports.cells.matrix import Matrix, by_cell, rank_correlation, to_matrix
from reports.cells.summary import BASELINES, LABEL, beside, of
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import heatmap_findings
from reports.figures.heatmaps.panel import LETTERS, Panel, draw_panel, standardised, title_room
from reports.figures.labels.point_labels import label_points
from reports.figures.labels.short_names import folded
from reports.paper.numbers import PaperMatrix, beginning
from reports.specs import HeatmapReport
from reports.study_report import StudyReport
from reports.style import COLORS, WIDTH, set_heading
from reports.tables.texts import baseline_texts, formatted, tidy

NAMED, OUTLIERS = 4, 2
"""The numbers of the best cells of each side, and of the cells farthest from their rank in the paper, that are named in
the scatter plot."""
ROW, LOWEST, AROUND = 0.29, 2.1, 1.05
"""Inches of a row, which has a number and its spread on two lines, of the cells of a panel at least, and of what is
written around them."""
SCALE_NOTE = "Colours: standard deviations from the mean of each grid, on one scale, so that shapes compare."
NOTE = "The last column is the row's mean. Hatched: no result yet; crossed: failed; ruled: stopped early."


def draw_heatmap(report: StudyReport, spec: HeatmapReport) -> Drawn:
    """Draws one's own heatmap, the paper's with the same rows and columns, and how they differ."""
    rows, columns = spec.rows, spec.columns
    matrix = to_matrix(report.table, rows, columns, spec.metric)
    numbers = report.paper
    published = numbers.matrix(rows, columns, spec.metric) if numbers else None
    paper = published.only(matrix.mean) if published else None
    over = f"\nmean ± spread over {matrix.seeds_text}" if matrix.seeds > 1 else ""
    title = f"Here: {report.metric_label}{over}"
    baseline = next((one for one in report.baselines if [one.scored_by] == matrix.scorings), None)
    labels = spec.row_label or rows, spec.column_label or columns
    figure = heatmap_figure(matrix, paper, title, *labels, below=baseline.mean if baseline else None)
    set_heading(figure, report.heading)
    data = beside(report.table, numbers if paper else None, [rows, columns], [spec.metric])
    return Drawn(
        figure=figure,
        texts=pd.concat([formatted(matrix), baseline_texts(data, columns)]).fillna(""),
        corner=f"{rows} / {columns}",
        data=_with_baselines(tidy(matrix, paper, rows, columns), of(data, BASELINES)),
        findings=heatmap_findings(matrix, spec.metric, paper, report.baselines),
        caption=caption(report, data, [rows, columns], "Cells are", "±", _notes(matrix, paper, baseline)),
        rows=[rows],
        columns=columns,
    )


def _with_baselines(cells: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The cells of a heatmap, and below them the baselines with the same columns and their name."""
    known = [name for name in (*cells, LABEL) if name in baselines]
    return pd.concat([cells, baselines[known]], ignore_index=True)


def _notes(matrix: Matrix, paper: PaperMatrix | None, baseline: Baseline | None) -> list[str]:
    marked = baseline is not None and bool((matrix.mean < baseline.mean).any(axis=None))
    return [
        NOTE,
        *([SCALE_NOTE] if paper else []),
        *([f"Triangles: below {baseline.name} ({baseline.mean:.1f})."] if baseline and marked else []),
    ]


def heatmap_figure(
    matrix: Matrix,
    paper: PaperMatrix | None,
    title: str,
    row_label: str,
    column_label: str,
    below: float | None = None,
) -> Figure:
    """The figure: one's own panel and, if the paper has numbers for these axes, its panel, their agreement and
    difference.

    The difference is drawn only if both are scored by the same protocol on the same data: points of one data set are
    not points of another. ``below`` is a baseline, and cells below it are marked.
    """
    scale = _common_scale(matrix.mean, paper.values) if paper else None
    parts, labels = (matrix.row_average, matrix.spread, matrix.state, matrix.stopped_at), (row_label, column_label)
    ours = Panel(title, matrix.mean, *parts, scale=scale, below=below)
    return _figure_beside(ours, matrix, paper, labels) if paper else _figure_alone(ours, labels)


def _figure_alone(ours: Panel, labels: tuple[str, str]) -> Figure:
    """The figure of one's own panel by itself."""
    figure = Figure(figsize=(WIDTH, 1.3 + 0.45 * max(3, len(ours.values))), layout="constrained")
    draw_panel(figure.add_subplot(), ours, *labels, title_room([ours.values]))
    return figure


def _figure_beside(ours: Panel, matrix: Matrix, paper: PaperMatrix, labels: tuple[str, str]) -> Figure:
    """The figure of one's own panel beside the paper's, and below them how they differ and agree."""
    figure, places = _places(matrix, paper)
    told = f"{beginning(paper.name)}: {paper.title}, {paper.metric}"
    panels = {"ours": ours, "paper": Panel(told, paper.values, paper.row_average, scale=ours.scale)}
    if "gap" in places:
        panels["gap"] = _difference(matrix, paper)
    room = title_room([matrix.mean, paper.values])
    for name, panel in panels.items():
        draw_panel(places[name], panel, *labels, room)
    draw_agreement(places["order"], matrix, paper)
    figure.draw_without_rendering()
    name_best(places["order"], matrix.mean, paper)
    return figure


def _places(matrix: Matrix, paper: PaperMatrix) -> tuple[Figure, dict[str, Axes]]:
    """A figure that is high enough for the rows, and its axes: ``ours``, ``paper``, ``order``, and ``gap`` if both are
    scored alike."""
    comparable = matrix.scorings == [paper.scored_by]
    upper = AROUND + max(LOWEST, ROW * len(matrix.mean))
    heights = [upper, upper if comparable else AROUND + LOWEST]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    lower = "gap" if comparable else "order"
    return figure, figure.subplot_mosaic([["ours", "paper"], [lower, "order"]], height_ratios=heights)


def _common_scale(*grids: pd.DataFrame) -> tuple[float, float]:
    """The smallest and the largest standardised value of all grids."""
    every = np.concatenate([standardised(grid, grid).to_numpy(dtype=float).reshape(-1) for grid in grids])
    known = every[~np.isnan(every)]
    return (float(known.min()), float(known.max())) if len(known) and known.min() < known.max() else (-1.0, 1.0)


def _difference(matrix: Matrix, paper: PaperMatrix) -> Panel:
    difference = matrix.mean - paper.values.reindex(index=matrix.mean.index, columns=matrix.mean.columns)
    title = f"Difference, in points (ours - {paper.whose})"
    return Panel(title, difference, state=matrix.state, stopped_at=matrix.stopped_at, signed=True)


def draw_agreement(ax: Axes, matrix: Matrix, paper: PaperMatrix) -> None:
    """Draws every cell's value here against the paper's. The order matters; Spearman's rho sums it up if all cells are
    scored alike."""
    rho, cells = rank_correlation(matrix.mean, paper.values)
    here, there = by_cell(matrix.mean), by_cell(paper.values)
    common = [cell for cell in here if cell in there]
    kinds = ((False, "o", "row and column differ"), (True, "s", "row and column alike"))
    for number, (single, marker, label) in enumerate(kinds):
        chosen = [cell for cell in common if (cell[0] == cell[1]) is single]
        if not chosen:
            continue
        x, y = [there[cell] for cell in chosen], [here[cell] for cell in chosen]
        ax.scatter(x, y, s=14, marker=marker, color=COLORS[number], alpha=0.8, label=label)
    agreement = f"Spearman's rho {rho:.2f} over {cells} cells" if cells >= 3 else "too few cells to compare"
    if len(matrix.scorings) > 1:
        agreement = f"none, of cells that are scored in {len(matrix.scorings)} ways"
    ax.set_title(f"Agreement of the order:\n{agreement}")
    ax.set_xlabel(folded(f"{paper.name}, {paper.metric}", LETTERS))
    ax.set_ylabel("ours")
    if len(ax.collections) > 1:
        ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)


def name_best(ax: Axes, ours: pd.DataFrame, paper: PaperMatrix) -> None:
    """Writes the names of the best cells of both sides, and of outliers. The axes must have their final size."""
    here, there = by_cell(ours), by_cell(paper.values)
    common = [cell for cell in here if cell in there]
    cells = list(_best(here, common) | _best(there, common) | _outliers(here, there, common))
    label_points(ax, [(there[cell], here[cell]) for cell in cells], [", ".join(cell) for cell in cells])


def _best(values: dict[tuple[str, str], float], cells: list[tuple[str, str]]) -> dict[tuple[str, str], None]:
    """The best cells, in a fixed order."""
    return dict.fromkeys(sorted(cells, key=lambda cell: -values[cell])[:NAMED])


def _outliers(
    here: dict[tuple[str, str], float], there: dict[tuple[str, str], float], cells: list[tuple[str, str]]
) -> dict[tuple[str, str], None]:
    """The cells whose rank here is farthest from that in the paper."""
    ranks = pd.DataFrame({"here": [here[cell] for cell in cells], "there": [there[cell] for cell in cells]}).rank()
    far = (ranks["here"] - ranks["there"]).abs().sort_values(ascending=False, kind="stable")
    return dict.fromkeys(cells[int(number)] for number in far.index[:OUTLIERS])

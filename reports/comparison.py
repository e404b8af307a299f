"""A figure of one's own heatmap beside the paper's: both, their difference, and how well their orders agree."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.heatmap import Panel, draw_panel
from reports.matrix import Matrix, by_cell, rank_correlation, why_empty
from reports.paper import PaperMatrix

NAMED = 4
"""The best cells, on either side, are named in the scatter."""


def heatmap_figure(matrix: Matrix, paper: PaperMatrix | None, title: str, row_label: str, column_label: str) -> Figure:
    """Four panels where the paper has numbers for these axes, one where it has none."""
    ours = Panel(title, matrix.mean, matrix.row_average, matrix.spread, matrix.state, notes=why_empty(matrix))
    if paper is None:
        figure = Figure(figsize=(7.5, 2.5 + 0.6 * len(matrix.mean)), layout="constrained")
        ax = figure.add_subplot()
        draw_panel(ax, ours, row_label, column_label)
        ax.set_aspect("auto")  # as wide as the figure, however few the columns
        return figure
    figure = Figure(figsize=(14, 11.5), layout="constrained")
    axes = figure.subplots(2, 2)
    draw_panel(axes[0, 0], ours, row_label, column_label)
    published = Panel(f"The paper: {paper.title}, {paper.metric}", paper.values, paper.row_average)
    draw_panel(axes[0, 1], published, row_label, column_label)
    difference = matrix.mean - paper.values.reindex(index=matrix.mean.index, columns=matrix.mean.columns)
    title = "Difference, in points (ours - the paper's)"
    gap = Panel(title, difference, state=matrix.state, notes=why_empty(matrix), signed=True)
    draw_panel(axes[1, 0], gap, row_label, column_label)
    draw_agreement(axes[1, 1], matrix.mean, paper)
    return figure


def draw_agreement(ax: Axes, ours: pd.DataFrame, paper: PaperMatrix) -> None:
    """Every cell's value here against the paper's; what matters is the order, which Spearman's rho sums up."""
    rho, cells = rank_correlation(ours, paper.values)
    here, there = by_cell(ours), by_cell(paper.values)
    common = [cell for cell in here if cell in there]
    for single, marker, label in ((False, "o", "two transformations"), (True, "s", "a single one")):
        chosen = [cell for cell in common if (cell[0] == cell[1]) is single]
        x, y = [there[cell] for cell in chosen], [here[cell] for cell in chosen]
        ax.scatter(x, y, s=26, marker=marker, alpha=0.75, label=label)
    for cell in _best(here, common) | _best(there, common):
        place = (there[cell], here[cell])
        ax.annotate(", ".join(cell), place, xytext=(4, 3), textcoords="offset points", fontsize=7.5)
    agreement = f"Spearman's rho {rho:.2f} over {cells} cells" if cells >= 3 else "too few cells to compare"
    ax.set_title(f"Agreement of the order: {agreement}")
    ax.set_xlabel(f"the paper, {paper.metric}")
    ax.set_ylabel("ours")
    if common:
        ax.legend(frameon=False, loc="lower right")


def _best(values: dict[tuple[str, str], float], cells: list[tuple[str, str]]) -> dict[tuple[str, str], None]:
    """The few cells worth naming, in a fixed order."""
    return dict.fromkeys(sorted(cells, key=lambda cell: -values[cell])[:NAMED])

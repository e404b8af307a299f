"""A metric against what its trials cost: which cells are worth their time."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.metric_names import label_of
from reports.cells.summary import beside, known_spread, on_axes, seed_values
from reports.figures.baseline_lines import draw_baselines, legend_handles
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.point_labels import label_cells
from reports.figures.seed_dots import draw_seeds, seeds_note
from reports.figures.sides import add_legends, gaps_note
from reports.specs import CostReport
from reports.study_report import StudyReport
from reports.style import COLORS, GREY, WIDTH, set_heading
from reports.tables.texts import pivoted

LABELS = {"seconds": "Seconds of a trial", "parameters": "Number of parameters (millions)"}
"""The label of each cost."""
FRONT, OTHERS = "no cheaper cell is better (Pareto front)", "a cheaper cell is as good"
"""The legend's names of the cells on the front, and of the others."""


def draw_cost(report: StudyReport, spec: CostReport) -> Drawn:
    """Draws a point for each cell, and the front of those that no cheaper cell beats."""
    data = with_cost(report, spec, beside(report.table, None, report.axes, [spec.metric]))
    notes = [*seeds_note(data), *filter(None, [gaps_note(on_axes(data)["state"])])]
    return Drawn(
        figure=cost_figure(report, spec, data),
        texts=pivoted(data, report.axes, None),
        corner=", ".join(report.axes),
        data=data,
        findings=cell_findings(data, report.axes, report.baselines),
        caption=caption(report, data, report.axes, "Points are", "error bars", notes),
        rows=report.axes,
    )


def with_cost(report: StudyReport, spec: CostReport, data: pd.DataFrame) -> pd.DataFrame:
    """The cells with the mean ``cost`` of their trials that are done; NaN where it is not known."""
    done = report.table[(report.table["state"] == "done") & (report.table["baseline"] == "")]
    if spec.cost not in done:
        return data.assign(cost=float("nan"))
    costs = done.assign(**done[report.axes].astype(str)).groupby(report.axes, sort=False)[spec.cost].mean()
    return data.merge(costs.rename("cost").reset_index(), on=report.axes, how="left")


def front(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that are better than every cheaper one, by their cost."""
    ranked = cells.dropna(subset=["mean", "cost"]).sort_values(["cost", "mean"], ascending=[True, False])
    return ranked[ranked["mean"] > ranked["mean"].cummax().shift(fill_value=float("-inf"))]


def cost_figure(report: StudyReport, spec: CostReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn of ``data`` alone."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    set_heading(figure, report.heading)
    part = figure.subfigures(1, 1, squeeze=False)[0, 0]
    ax = part.subplots()
    known = data.dropna(subset=["mean", "cost"])
    _draw_points(ax, known)
    draw_baselines(ax, data, data)
    ax.set_xlabel(LABELS[spec.cost])
    ax.set_ylabel(label_of(spec.metric))
    ax.margins(0.12)
    ax.grid(visible=True, axis="both", linestyle=":")
    add_legends([(part, legend_handles([ax]))], "", 2)
    figure.draw_without_rendering()
    label_cells(ax, known, "cost", "mean", report.axes)
    return figure


def _draw_points(ax: Axes, known: pd.DataFrame) -> None:
    best = front(known)
    ax.step(best["cost"], best["mean"], where="post", color=GREY, linewidth=0.8, zorder=1)
    looks = ((best, COLORS[1], "D", FRONT), (known.drop(best.index), COLORS[0], "o", OTHERS))
    for cells, color, marker, name in looks:
        look: dict[str, Any] = {
            "color": color,
            "marker": marker,
            "linestyle": "",
            "label": name if len(cells) else None,
        }
        ax.errorbar(cells["cost"], cells["mean"], yerr=known_spread(cells), **look)
        for cell in cells.to_dict("records"):
            draw_seeds(ax, cell["cost"], seed_values(cell), color)

"""A metric against what its trials cost: which cells are worth it, or which value of an axis is best at which cost."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.metric_names import label_of
from reports.cells.names import axis_name
from reports.cells.summary import at, beside, on_axes, values_of
from reports.figures.baseline_lines import draw_baselines, legend_handles
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.point_labels import label_cells
from reports.figures.labels.ticks import span_decades
from reports.figures.points import draw_line
from reports.figures.seed_dots import seeds_note
from reports.figures.sides import add_legends, gaps_note
from reports.specs import CostReport
from reports.study_report import StudyReport
from reports.style import COLORS, GREY, WIDTH, look, set_heading
from reports.tables.texts import pivoted, rows_and_columns

LABELS = {
    "seconds": "Seconds of a trial",
    "parameters": "Number of parameters (millions)",
    "passes": "Passes through the encoder for each image (a backward pass is two)",
}
"""The label of each cost."""
FRONT, OTHERS = "no cheaper cell is better (Pareto front)", "a cheaper cell is as good"
"""The legend's names of the cells on the front, and of the others."""
WIDE = 4
"""Ratio of the largest to the smallest cost above which the axis is logarithmic."""
HEIGHT, HEIGHT_OF_LINES = 3.4, 4.6
"""The height of the figure in inches, without and with lines."""


def draw_cost(report: StudyReport, spec: CostReport) -> Drawn:
    """Draws a point for each cell, and the front of those that no cheaper cell beats or a line for each value of
    ``series``."""
    data = with_cost(report, spec, beside(report.table, None, report.axes, [spec.metric]))
    rows, columns = rows_and_columns(report.axes, spec.series)
    return Drawn(
        figure=cost_figure(report, spec, data),
        texts=pivoted(data, rows, columns),
        corner=", ".join(rows),
        data=data,
        findings=cell_findings(data, report.axes, report.baselines),
        caption=caption(report, data, report.axes, "Points are", "error bars", _notes(spec, data)),
        rows=rows,
        columns=columns,
    )


def _notes(spec: CostReport, data: pd.DataFrame) -> list[str]:
    cells = on_axes(data)
    unknown = int((cells["mean"].notna() & cells["cost"].isna()).sum())
    lines = f"A line joins the cells of one {axis_name(spec.series)} in the order of their cost." if spec.series else ""
    lacking = f"{unknown} without a point: results of an earlier version do not tell {spec.cost}." if unknown else ""
    gaps = f"{note}." if (note := gaps_note(cells["state"])) else ""
    return [*seeds_note(data), *filter(None, [lines, gaps, lacking])]


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
    """The figure, drawn from ``data`` alone."""
    figure = Figure(figsize=(WIDTH, HEIGHT_OF_LINES if spec.series else HEIGHT), layout="constrained")
    set_heading(figure, report.heading)
    part = figure.subfigures(1, 1, squeeze=False)[0, 0]
    ax = part.subplots()
    known = data.dropna(subset=["mean", "cost"])
    if spec.series:
        _draw_series(ax, known, spec.series, values_of(on_axes(data), spec.series))
    else:
        _draw_front(ax, known)
    draw_baselines(ax, data, data)
    _dress(ax, known, spec)
    add_legends([(part, legend_handles([ax]))], "", 4 if spec.series else 2)
    figure.draw_without_rendering()
    if spec.series:
        label_cells(ax, _ends(known, spec.series), "cost", "mean", [spec.series])
    else:
        label_cells(ax, known, "cost", "mean", report.axes)
    return figure


def _draw_front(ax: Axes, known: pd.DataFrame) -> None:
    best = front(known)
    ax.step(best["cost"], best["mean"], where="post", color=GREY, linewidth=0.8, zorder=1)
    looks = ((best, COLORS[1], "D", FRONT), (known.drop(best.index), COLORS[0], "o", OTHERS))
    for cells, color, marker, name in looks:
        label = name if len(cells) else None
        style = {"color": color, "marker": marker, "linestyle": "", "label": label}
        draw_line(ax, cells.assign(place=cells["cost"]), 0, style)


def _draw_series(ax: Axes, known: pd.DataFrame, series: str, values: list[str]) -> None:
    """Draws a line for each value of the series that has a cell, in the order of the cost."""
    for number, value in enumerate(values):
        style = {"color": look(number).color, "marker": look(number).marker, "label": value}
        line = at(known, series, value).sort_values("cost", kind="stable")
        if len(line):
            draw_line(ax, line.assign(place=line["cost"]), 0, style)


def _ends(known: pd.DataFrame, series: str) -> pd.DataFrame:
    """The dearest cell of each line, where its name is written."""
    return known.sort_values("cost", kind="stable").groupby(series, sort=False).tail(1)


def _dress(ax: Axes, known: pd.DataFrame, spec: CostReport) -> None:
    cheapest, dearest = known["cost"].min(), known["cost"].max()
    if 0 < WIDE * cheapest < dearest:
        span_decades(ax)
    ax.set_xlabel(LABELS[spec.cost])
    ax.set_ylabel(label_of(spec.metric))
    ax.margins(0.12)
    ax.grid(visible=True, axis="both", linestyle=":")

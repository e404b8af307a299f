"""A metric over the values of one axis, with a line for each combination of the other axes."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.names import axis_name, value_name
from reports.cells.scoring import Baseline, scorings_of
from reports.cells.summary import WORDS, beside, ordered
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.sides import Side, add_legend, lay_out, sides
from reports.figures.ticks import name_places
from reports.specs import PointsReport
from reports.study_report import StudyReport
from reports.style import COLORS, EMPTY, GREY, MARKERS
from reports.tables.texts import pivoted

GAP_MARKERS = {"waiting": "|", "failed": "x", "stopped": "v"}
GAPS_NOTE = "Marks at the lower edge: | no result yet, x failed, a triangle and the epoch stopped early."
EDGE = 0.02
"""The height of the marks above the lower edge, as a part of the panel's height."""


def gap_notes(cells: pd.DataFrame) -> list[str]:
    """The note that explains the marks of ``draw_gaps``; empty if it draws none."""
    return [GAPS_NOTE] if (cells["state"] != "done").any() else []


def draw_points(report: StudyReport, spec: PointsReport) -> Drawn:
    """Draws means with their spread. The paper's numbers have a panel of their own."""
    others = [axis for axis in report.axes if axis != spec.x]
    axes = [spec.x, *others]
    data = beside(report.table, report.paper, axes, [spec.metric])
    return Drawn(
        figure=points_figure(report, spec, data),
        texts=pivoted(data, axes, None),
        corner=", ".join(axes),
        data=data,
        findings=cell_findings(data, axes, report.baselines),
        caption=caption(report, data, axes, "Points are", "error bars", gap_notes(data)),
        rows=axes,
    )


def points_figure(report: StudyReport, spec: PointsReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` and the report's baselines."""
    parts = sides(report, data)
    figure, places = lay_out(report, parts, 2.8, stacked=False)
    others = [axis for axis in report.axes if axis != spec.x]
    for place, side in zip(places, parts, strict=True):
        ax = place.subplots()
        _draw_lines(ax, side, spec.x, others)
        if side is parts[0]:
            _draw_baselines(ax, report.baselines, scorings_of(side.cells))
        add_legend(place, ax.get_legend_handles_labels()[0], "", 2)
    return figure


def _draw_lines(ax: Axes, side: Side, x: str, others: list[str]) -> None:
    """Draws the lines of a side. The values of ``x`` are at equal distances, as in a table."""
    places = {value: place for place, value in enumerate(ordered(side.cells, x))}
    lines = side.cells.groupby(others, sort=False) if others else [((), side.cells)]
    for number, (key, cells) in enumerate(lines):
        label = ", ".join(value_name(name, str(value)) for name, value in zip(others, key, strict=True))
        line = cells.assign(place=cells[x].map(places)).sort_values("place")
        ax.errorbar(
            line["place"],
            line["mean"],
            yerr=line["spread"],
            color=COLORS[number % len(COLORS)],
            marker=MARKERS[number % len(MARKERS)],
            label=label or None,
        )
    draw_gaps(ax, side.cells.assign(place=side.cells[x].map(places)), "place")
    name_places(ax, list(places))
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(side.metric_label)
    ax.grid(visible=True, axis="y")


def draw_gaps(ax: Axes, cells: pd.DataFrame, x: str) -> None:
    """Draws a mark at the lower edge for each cell without a value, with the epoch beside it if the cell was stopped
    early."""
    edge = ax.get_xaxis_transform()
    for state, marker in GAP_MARKERS.items():
        gaps = cells[cells["mean"].isna() & (cells["state"] == state)]
        told = f"{WORDS[state]}, at epoch" if state == "stopped" and len(gaps) else None
        ax.plot(gaps[x], [EDGE] * len(gaps), transform=edge, linestyle="", marker=marker, color=EMPTY, label=told)
    for place, epochs in cells[cells["state"] == "stopped"].groupby(x, sort=False)["stopped_at"]:
        text, beside = ", ".join(f"{epoch:.0f}" for epoch in epochs), (place, EDGE)
        ax.annotate(text, beside, (5, 0), edge, "offset points", va="center", fontsize=7, color=GREY)


def _draw_baselines(ax: Axes, baselines: Sequence[Baseline], scorings: Sequence[str]) -> None:
    """Draws a line for each baseline that has the scoring of some of the cells."""
    for number, one in enumerate(one for one in baselines if one.scored_by in scorings):
        told = f", {one.scored_by}" if len(scorings) > 1 else ""
        ax.axhline(one.mean, linestyle=(0, (4, 2 + 2 * number)), color=GREY, label=f"{one.name}{told} ({one.mean:.1f})")

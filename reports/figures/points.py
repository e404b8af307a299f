"""A metric over the values of one axis, with a line for each combination of the other axes."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.cells.names import axis_name
from reports.cells.scoring import Baseline, scorings_of
from reports.cells.summary import WORDS, beside, known_spread, ordered, seed_values
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.ticks import name_places, place_numbers
from reports.figures.seed_dots import draw_seeds, seeds_note, shift_by
from reports.figures.sides import Side, add_legends, lay_out, share_span, sides, span_note
from reports.specs import PointsReport
from reports.study_report import StudyReport
from reports.style import COLORS, EMPTY, GREY, MARKERS
from reports.tables.texts import pivoted

GAP_MARKERS = {"waiting": "|", "failed": "x", "stopped": "v"}
GAPS_NOTE = "Marks at the lower edge: | no result yet, x failed, a triangle and the epoch stopped early."
BESIDE, BESIDE_LINES = 8.0, 2.0
"""Points from the marks of one combination of the other axes to the next's: without lines, and with them."""
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
    notes = [*span_note(data["source"].nunique()), *gap_notes(data), *seeds_note(data)]
    return Drawn(
        figure=points_figure(report, spec, data),
        texts=pivoted(data, axes, None),
        corner=", ".join(axes),
        data=data,
        findings=cell_findings(data, axes, report.baselines),
        caption=caption(report, data, axes, "Points are", "error bars", notes),
        rows=axes,
    )


def points_figure(report: StudyReport, spec: PointsReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` and the report's baselines."""
    parts = sides(report, data)
    figure, places = lay_out(report, parts, 2.8, stacked=False)
    others = [axis for axis in report.axes if axis != spec.x]
    panels, legends = [place.subplots() for place in places], []
    for place, ax, side in zip(places, panels, parts, strict=True):
        _draw_lines(ax, side, spec.x, others)
        if side is parts[0]:
            draw_baselines(ax, report.baselines, scorings_of(side.cells))
        handles = ax.get_legend_handles_labels()[0]
        handles.sort(key=lambda one: isinstance(one, Line2D))  # baselines after the lines that the title is about
        legends.append((place, handles))
    share_span(panels)
    add_legends(legends, ", ".join(map(axis_name, others)), 2)
    return figure


def _draw_lines(ax: Axes, side: Side, x: str, others: list[str]) -> None:
    """Draws the lines of a side.

    Numbers stand where they are on a linear axis or a logarithmic one, and are joined. Other values stand at equal
    distances and have no line between them, since they have no order.
    """
    names = ordered(side.cells, x)
    numbers = place_numbers(ax, names)
    if numbers is None:
        name_places(ax, names)
    places = dict(zip(names, numbers or range(len(names)), strict=True))
    lines = list(side.cells.groupby(others, sort=False)) if others else [((), side.cells)]
    for number, (key, cells) in enumerate(lines):
        label = ", ".join(str(value) or "–" for value in key)
        look = {"color": COLORS[number % len(COLORS)], "marker": MARKERS[number % len(MARKERS)]}
        shift = (number - (len(lines) - 1) / 2) * (BESIDE if numbers is None else BESIDE_LINES)
        line = cells.assign(place=cells[x].map(places)).sort_values("place")
        draw_line(ax, line, shift, look | {"linestyle": "" if numbers is None else "-", "label": label or None})
    draw_gaps(ax, side.cells.assign(place=side.cells[x].map(places)), "place")
    ax.margins(x=0.5 / max(1, len(names) - 1) if numbers is None else 0.05)
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(side.metric_label)
    ax.grid(visible=True, axis="y")


def draw_line(ax: Axes, line: pd.DataFrame, shift: float, look: dict[str, Any]) -> None:
    """Means with their spread, ``shift`` points to the right so that lines do not cover each other; their seeds."""
    means = ax.errorbar(line["place"], line["mean"], yerr=known_spread(line), **look)
    shift_by(ax, means.get_children(), shift)
    for cell in line.to_dict("records"):
        draw_seeds(ax, cell["place"], seed_values(cell), look["color"], shift)


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


def draw_baselines(ax: Axes, baselines: Sequence[Baseline], scorings: Sequence[str]) -> None:
    """Draws a line for each baseline that has the scoring of some of the cells."""
    for number, one in enumerate(one for one in baselines if one.scored_by in scorings):
        told = f", {one.scored_by}" if len(scorings) > 1 else ""
        ax.axhline(one.mean, linestyle=(0, (4, 2 + 2 * number)), color=GREY, label=f"{one.name}{told} ({one.mean:.1f})")

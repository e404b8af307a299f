"""A metric over the values of one axis, with a line for each combination of the other axes."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.names import axis_name, is_number
from reports.cells.summary import HERE, WORDS, beside, known_spread, of, ordered, seed_values
from reports.figures.baseline_lines import draw_baselines, legend_handles
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.ticks import BESIDE as AXIS
from reports.figures.labels.ticks import name_places, panel_width, place_numbers
from reports.figures.seed_dots import draw_seeds, seeds_note, shift_by
from reports.figures.sides import Side, add_legends, lay_out, share_span, sides, span_note
from reports.specs import PointsReport
from reports.study_report import StudyReport
from reports.style import EMPTY, GREY, WIDTH, look
from reports.tables.texts import pivoted

GAP_MARKERS = {"waiting": "|", "failed": "x", "stopped": "v"}
GAPS_NOTE = "Marks at the lower edge: | no result yet, x failed, a triangle and the epoch stopped early."
BESIDE, BESIDE_LINES = 8.0, 2.0
"""Points from the marks of one combination of the other axes to the next's: without lines, and with them."""
TAKEN = 0.8
"""The most of the distance between two values of the axis that the marks of one take."""
EDGE = 0.02
"""The height of the marks above the lower edge, as a part of the panel's height."""


def gap_notes(cells: pd.DataFrame) -> list[str]:
    """The note that explains the marks of ``draw_gaps``; empty if it draws none."""
    return [GAPS_NOTE] if (of(cells, HERE)["state"] != "done").any() else []


def draw_points(report: StudyReport, spec: PointsReport) -> Drawn:
    """Draws means with their spread. The paper's numbers have a panel of their own."""
    others = [axis for axis in report.axes if axis != spec.x]
    axes = [spec.x, *others]
    data = beside(report.table, report.paper, axes, [spec.metric])
    notes = [*span_note(len(sides(report, data))), *gap_notes(data), *seeds_note(data)]
    return Drawn(
        figure=points_figure(report, spec, data),
        texts=pivoted(data, axes, None),
        corner=", ".join(axes),
        data=data,
        findings=cell_findings(data, axes, report.baselines, report.paper),
        caption=caption(report, data, axes, "Points are", "error bars", notes),
        rows=axes,
    )


def points_figure(report: StudyReport, spec: PointsReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    parts = sides(report, data)
    others = [axis for axis in report.axes if axis != spec.x]
    stacked = any(_is_crowded(side.cells, spec.x, others) for side in parts)
    figure, places = lay_out(report, parts, 2.8, stacked)
    panels, legends = [place.subplots() for place in places], []
    for place, ax, side, ranks in zip(places, panels, parts, _ranks(parts, others), strict=True):
        _draw_lines(ax, side, spec.x, others, ranks)
        if side is parts[0]:
            draw_baselines(ax, side.cells, data)
        legends.append((place, legend_handles([ax])))
    share_span(panels)
    add_legends(legends, ", ".join(map(axis_name, others)), 4 if stacked else 2)
    return figure


def _is_crowded(cells: pd.DataFrame, x: str, others: list[str]) -> bool:
    """Whether the marks of names need more than half of the figure's width."""
    names, lines = ordered(cells, x), _lines(cells, others)
    return not all(map(is_number, names)) and len(names) * len(lines) * BESIDE > TAKEN * 72 * (WIDTH / 2 - AXIS)


def _ranks(parts: Sequence[Side], others: list[str]) -> list[dict[Any, int]]:
    """The rank of each line, by side; it decides how the line looks. A line has the same rank on both sides. If they
    have no line in common, the first lines of both have, and so on."""
    keys = [[key for key, _ in _lines(side.cells, others)] for side in parts]
    if set.intersection(*map(set, keys)):
        keys = [list(dict.fromkeys(key for some in keys for key in some))] * len(parts)
    return [{key: rank for rank, key in enumerate(some)} for some in keys]


def _draw_lines(ax: Axes, side: Side, x: str, others: list[str], ranks: dict[Any, int]) -> None:
    """Draws the lines of a side, each with the look of its rank.

    Numbers stand where they are on a linear axis or a logarithmic one, and are joined. Other values stand at equal
    distances and have no line between them, since they have no order.
    """
    names = ordered(side.cells, x)
    numbers = place_numbers(ax, names)
    if numbers is None:
        name_places(ax, names)
    places = dict(zip(names, numbers or range(len(names)), strict=True))
    lines = _lines(side.cells, others)
    usual = BESIDE if numbers is None else BESIDE_LINES
    apart = min(usual, TAKEN * _least_distance(ax, list(places.values())) / len(lines))
    for number, (key, cells) in enumerate(lines):
        label = ", ".join(str(value) or "–" for value in key)
        color, marker, _ = look(ranks[key])
        style = {"color": color, "marker": marker, "linestyle": "" if numbers is None else "-", "label": label or None}
        line = cells.assign(place=cells[x].map(places)).sort_values("place")
        draw_line(ax, line, (number - (len(lines) - 1) / 2) * apart, style)
    draw_gaps(ax, side.cells.assign(place=side.cells[x].map(places)), "place")
    ax.margins(x=0.5 / max(1, len(names) - 1) if numbers is None else 0.05)
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(side.metric_label)
    ax.grid(visible=True, axis="y")


def _lines(cells: pd.DataFrame, others: list[str]) -> list[tuple[Any, pd.DataFrame]]:
    """The cells of each combination of the other axes, with its values."""
    return list(cells.groupby(others, sort=False)) if others else [((), cells)]


def _least_distance(ax: Axes, places: Sequence[float]) -> float:
    """The distance of the two nearest places along the axis in points of 1/72 inch; the axis' width if there is one."""
    scaled = sorted(map(math.log, places) if ax.get_xscale() == "log" else places)
    gaps = [high - low for low, high in pairwise(scaled)]
    share = min(gaps) / (scaled[-1] - scaled[0] + min(gaps)) if gaps else 1.0
    return 72 * panel_width(ax) * share


def draw_line(ax: Axes, line: pd.DataFrame, shift: float, style: dict[str, Any]) -> None:
    """Means with their spread, ``shift`` points to the right so that lines do not cover each other; their seeds."""
    means = ax.errorbar(line["place"], line["mean"], yerr=known_spread(line), **style)
    shift_by(ax, means.get_children(), shift)
    for cell in line.to_dict("records"):
        draw_seeds(ax, cell["place"], seed_values(cell), style["color"], shift)


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

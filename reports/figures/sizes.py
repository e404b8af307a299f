"""A metric over the encoder's size: Figures 1 and 7."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.summary import (
    OTHERS,
    PAPER,
    PARAMETERS,
    at,
    beside,
    known_spread,
    of,
    on_axes,
    other_methods,
    seed_values,
    values_of,
)
from reports.figures.baseline_lines import draw_baselines, legend_handles
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.point_labels import label_cells
from reports.figures.labels.ticks import span_decades
from reports.figures.points import draw_gaps, gap_notes
from reports.figures.seed_dots import draw_seeds, seeds_note
from reports.figures.sides import Side, add_legends, lay_out, share_span, sides, span_note
from reports.specs import SizesReport
from reports.study_report import StudyReport
from reports.style import COLORS, MARKERS
from reports.tables.texts import pivoted, rows_and_columns

OTHERS_LOOK = ("#808080", ".")
"""The colour and the marker of other methods."""
SMALLEST = 1e-6
"""Millions of parameters, one."""
NEAR = 0.25
"""Logarithm of how many times as large an encoder may be to stand above another."""
NAMED_ONCE = "An encoder is named once, at its lowest point."


def draw_sizes(report: StudyReport, spec: SizesReport) -> Drawn:
    """Draws a point for each encoder, and a line for each baseline. The paper's encoders have a panel of their own,
    with other methods in grey."""
    numbers = report.paper
    cells = beside(report.table, numbers, report.axes, [spec.metric], sized=True)
    data = pd.concat([cells, other_methods(numbers, report.axes, [spec.metric])], ignore_index=True)
    rows, columns = rows_and_columns(report.axes, spec.series)
    return Drawn(
        figure=sizes_figure(report, spec, data),
        texts=pivoted(cells, rows, columns),
        corner=", ".join(rows),
        data=data,
        findings=cell_findings(cells, report.axes, report.baselines, report.paper),
        caption=caption(report, cells, report.axes, "Points are", "error bars", _notes(report, cells, spec)),
        rows=rows,
        columns=columns,
    )


def _notes(report: StudyReport, cells: pd.DataFrame, spec: SizesReport) -> list[str]:
    many = bool(spec.series) and on_axes(cells)[spec.series or "source"].nunique() > 1
    panels = len(sides(report, cells))
    return [*span_note(panels), *gap_notes(cells), *seeds_note(cells), *([NAMED_ONCE] if many else [])]


def sizes_figure(report: StudyReport, spec: SizesReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    parts = sides(report, data)
    figure, places = lay_out(report, parts, 3.2, stacked=False)
    series = values_of(on_axes(data), spec.series)
    looks = _looks(series, report.paper.markers if report.paper else {})
    named = [axis for axis in report.axes if axis != spec.series]
    points = [pd.concat([side.cells, _others(data, side)], ignore_index=True) for side in parts]
    axes = [place.subplots() for place in places]
    for ax, side, cells in zip(axes, parts, points, strict=True):
        for value in series:
            _draw_series(ax, at(side.cells, spec.series, value), value, looks[value], named)
        _draw_series(ax, of(cells, OTHERS), OTHERS, OTHERS_LOOK, [])
        draw_baselines(ax, side.cells, data)
        draw_gaps(ax, side.cells, PARAMETERS)
        _dress(ax, side.metric_label, spec)
    share_span(axes)
    handles = [legend_handles([ax]) for ax in axes]
    add_legends(list(zip(places, handles, strict=True)), "", 2)
    figure.draw_without_rendering()
    for ax, cells in zip(axes, points, strict=True):
        label_cells(ax, _named_once(cells.dropna(subset="mean"), named), PARAMETERS, "mean", named)
    return figure


def _looks(series: list[str], papers: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The colour and the marker of each value of the series: the paper's marker where it has one, else one that looks
    like no other."""
    free = [marker for marker in MARKERS if marker not in papers.values()]
    own = [value for value in series if value not in papers]
    markers = papers | {value: free[(rank + rank // len(COLORS)) % len(free)] for rank, value in enumerate(own)}
    return {value: (COLORS[rank % len(COLORS)], markers[value]) for rank, value in enumerate(series)}


def _named_once(cells: pd.DataFrame, named: list[str]) -> pd.DataFrame:
    """One encoder in several series has one name, at its lowest point, where the others stand above it."""
    size = (np.log(cells[PARAMETERS].astype(float).clip(lower=SMALLEST)) / NEAR).round()
    lowest = cells.assign(size=size).sort_values("mean", kind="stable")
    repeated = lowest.duplicated([*named, "size"]) & (lowest["source"] != OTHERS)
    return lowest[~repeated].sort_index()


def _others(data: pd.DataFrame, side: Side) -> pd.DataFrame:
    """The cells of other methods on the paper's side; none on one's own."""
    return of(data, OTHERS) if side.cells["source"].iloc[0] == PAPER else data[:0]


def _draw_series(ax: Axes, cells: pd.DataFrame, name: str, look: tuple[str, str], varied: list[str]) -> None:
    """Draws the points of a series, joined by a line if its encoders differ in one axis only, as in the paper."""
    color, marker = look
    line = cells.sort_values(PARAMETERS)
    joined = sum(cells[axis].nunique() > 1 for axis in varied) == 1
    if len(cells):
        ax.errorbar(
            line[PARAMETERS],
            line["mean"],
            yerr=known_spread(line),
            color=color,
            marker=marker,
            linestyle=":" if joined else "",
            label=name or None,
        )
    for cell in line.to_dict("records"):
        draw_seeds(ax, cell[PARAMETERS], seed_values(cell), color)


def _dress(ax: Axes, metric_label: str, spec: SizesReport) -> None:
    if spec.logarithmic:
        span_decades(ax)
    ax.margins(0.12)
    ax.set_xlabel("Number of parameters (millions)")
    ax.set_ylabel(metric_label)
    ax.grid(visible=True, axis="both", linestyle=":")

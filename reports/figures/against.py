"""A metric at one value of an axis against the same metric at other values: Figures B.5 and B.6."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from reports.cells.names import value_name
from reports.cells.summary import HERE, PAPER, beside, of, on_axes, spearman, values_of
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.point_labels import label_cells
from reports.figures.labels.short_names import folded
from reports.figures.points import draw_gaps, gap_notes
from reports.figures.sides import Side, add_legends, gaps_note, lay_out, share_span, sides, span_note
from reports.specs import AgainstReport
from reports.study_report import StudyReport
from reports.style import COLORS, GREY, MARKERS
from reports.tables.texts import pivoted, rows_and_columns

LINE, UPRIGHT_LINE = 45, 26
"""The most letters of a line in the label of the horizontal and of the vertical axis."""


def draw_against(report: StudyReport, spec: AgainstReport) -> Drawn:
    """Draws a panel for each value of ``spec.y``, and a row of panels with the paper's numbers."""
    rows, columns = rows_and_columns(report.axes, spec.axis)
    data = beside(report.table, report.paper, report.axes, [spec.metric])
    notes = [*span_note(len(spec.y) * len(sides(report, data))), *gap_notes(data)]
    return Drawn(
        figure=against_figure(report, spec, data),
        texts=pivoted(data, rows, columns),
        corner=", ".join(rows),
        data=data,
        findings=cell_findings(data, report.axes, report.baselines, report.paper)
        + _rising_together(report, spec, data),
        caption=caption(report, data, report.axes, "Points are", "error bars", notes),
        rows=rows,
        columns=columns,
    )


def against_figure(report: StudyReport, spec: AgainstReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    others = [axis for axis in report.axes if axis != spec.axis]
    parts = sides(report, data)
    figure, places = lay_out(report, parts, 2.9, stacked=True)
    colors, markers = values_of(on_axes(data), spec.color), values_of(on_axes(data), spec.marker)
    panels: list[tuple[Axes, pd.DataFrame]] = []
    legends: list[tuple[SubFigure, list[Artist]]] = []
    for place, side in zip(places, parts, strict=True):
        for ax, y in zip(place.subplots(1, len(spec.y), squeeze=False)[0], spec.y, strict=True):
            points = paired(side.cells, spec.axis, str(spec.x), str(y), others)
            _draw_points(ax, points, spec, colors, markers)
            _dress(ax, points, side, str(spec.x), str(y))
            panels.append((ax, points.dropna(subset=["mean_x", "mean_y"])))
        legends.append((place, _handles(side.cells, spec, colors, markers)))
    share_span([ax for ax, _ in panels], "x")
    share_span([ax for ax, _ in panels])
    add_legends(legends, "", 8)
    if not (spec.color or spec.marker):
        figure.draw_without_rendering()
        for ax, points in panels:
            label_cells(ax, points, "mean_x", "mean_y", others)
    return figure


def paired(cells: pd.DataFrame, axis: str, x: str, y: str, others: list[str]) -> pd.DataFrame:
    """The points of a panel: a row for each combination of the other axes, in the order of the grid.

    The columns are ``mean``, ``spread``, ``state`` and ``stopped_at`` at both values of the axis: ``mean_x``,
    ``mean_y`` and so on.
    """
    wanted = [*others, "mean", "spread", "state", "stopped_at"]
    left, right = cells.loc[cells[axis] == x, wanted], cells.loc[cells[axis] == y, wanted]
    if not others:
        return left.merge(right, how="cross", suffixes=("_x", "_y"))
    return left.merge(right, on=others, suffixes=("_x", "_y"))


def _draw_points(ax: Axes, points: pd.DataFrame, spec: AgainstReport, colors: list[str], markers: list[str]) -> None:
    if spec.joined:
        ax.plot(points["mean_x"], points["mean_y"], color=COLORS[0], zorder=1)
    for point in points.to_dict("records"):
        color = colors.index(point[spec.color]) if spec.color else 0
        marker = markers.index(point[spec.marker]) if spec.marker else 0
        ax.errorbar(
            point["mean_x"],
            point["mean_y"],
            xerr=point["spread_x"],
            yerr=point["spread_y"],
            color=COLORS[color % len(COLORS)],
            marker=MARKERS[marker % len(MARKERS)],
        )
    up = {"mean_y": "mean", "state_y": "state", "stopped_at_y": "stopped_at"}
    draw_gaps(ax, points.dropna(subset="mean_x").rename(columns=up), "mean_x")


def _dress(ax: Axes, points: pd.DataFrame, side: Side, x: str, y: str) -> None:
    ax.set_xlabel(folded(f"{x}: {side.metric_label}", LINE))
    ax.set_ylabel(folded(f"{y}: {side.metric_label}", UPRIGHT_LINE))
    ax.margins(0.1)
    ax.grid(visible=True, axis="both", linestyle=":")
    worst = points["state_x"].where(points["state_x"] != "done", points["state_y"])
    if note := gaps_note(worst):
        ax.text(0.02, 0.97, note, transform=ax.transAxes, va="top", fontsize=7, color=GREY)


def _handles(cells: pd.DataFrame, spec: AgainstReport, colors: list[str], markers: list[str]) -> list[Artist]:
    """The handles of the legend, in two groups as in the paper: the values with colours, then those with markers."""
    return [
        *(
            Line2D([], [], color=COLORS[colors.index(value) % len(COLORS)], linewidth=4, label=value_name(axis, value))
            for axis, value in _values(cells, spec.color)
        ),
        *(
            Line2D(
                [],
                [],
                color=GREY,
                linestyle="",
                marker=MARKERS[markers.index(value) % len(MARKERS)],
                label=value_name(axis, value),
            )
            for axis, value in _values(cells, spec.marker)
        ),
    ]


def _values(cells: pd.DataFrame, axis: str | None) -> Iterator[tuple[str, str]]:
    """Pairs of the axis and each of its values that is drawn; none without an axis."""
    yield from ((axis, value) for value in values_of(cells, axis)) if axis else ()


def _rising_together(report: StudyReport, spec: AgainstReport, data: pd.DataFrame) -> list[str]:
    """Sentences on the rank correlation of each panel's two values of the axis, here and in the paper."""
    others = [axis for axis in report.axes if axis != spec.axis]
    found = []
    for y in map(str, spec.y):
        told = []
        for source, where in ((HERE, "here"), (PAPER, report.paper.where if report.paper else "")):
            points = paired(of(data, source), spec.axis, str(spec.x), y, others).dropna(subset=["mean_x", "mean_y"])
            if len(points) > 2:
                rho = spearman(points["mean_x"], points["mean_y"])
                told.append(f"{rho:.2f} {where} over {len(points)}")
        if told:
            found.append(f"Rank correlation of {y} with {spec.x}: {', '.join(told)} points.")
    return found

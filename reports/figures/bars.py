"""Bars in groups: Figures 8, 9, B.1, B.2, B.7 and B.8."""

import pandas as pd
from matplotlib.figure import Figure, SubFigure

from reports.cells.names import value_name
from reports.cells.summary import HERE, PAPER, at, beside, in_common, of, ordered
from reports.figures.bar_limits import bar_limits
from reports.figures.bar_panel import CUT, Looks, bar_handles, draw_panel, look
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.short_names import LETTERS_AN_INCH, folded
from reports.figures.sides import GAPS, Side, add_legend, lay_out, sides
from reports.figures.ticks import panel_width
from reports.specs import BarsReport
from reports.study_report import StudyReport
from reports.tables.texts import pivoted

MOST_BESIDE = 24
"""The most bars of a panel of half the figure's width; a panel with more takes the whole width."""

SHORTEST_TITLE = 10
"""The letters that a line of a panel's title has room for at least."""


def draw_bars(report: StudyReport, spec: BarsReport) -> Drawn:
    """Draws a bar for each mean over seeds, with its standard deviation. The paper's numbers have panels of their own,
    and are also marked on one's own bars of the same cells."""
    axes = [axis for axis in (spec.panels, spec.x, spec.series) if axis]
    rows = [axis for axis in (spec.panels, spec.x) if axis]
    data = beside(report.table, report.paper, axes, [spec.metric])
    return Drawn(
        figure=bars_figure(report, spec, data),
        texts=pivoted(data, rows, spec.series),
        corner=", ".join(rows),
        data=data,
        findings=cell_findings(data, axes, report.baselines),
        caption=caption(report, data, axes, "Bars are", "error bars", _notes(data, spec)),
        rows=rows,
        columns=spec.series,
    )


def bars_figure(report: StudyReport, spec: BarsReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    parts = sides(report, data)
    bars = data.groupby(["source", *([spec.panels] if spec.panels else [])]).size().max()
    stacked = spec.panels is not None or bars > MOST_BESIDE
    figure, places = lay_out(report, parts, 2.5, stacked)
    for place, side, looks in zip(places, parts, _looks(data, spec.series), strict=False):
        _draw_side(place, side, spec, looks, with_marks(side.cells, data, spec), 8 if stacked else 4)
    return figure


def _draw_side(place: SubFigure, side: Side, spec: BarsReport, looks: Looks, cells: pd.DataFrame, columns: int) -> None:
    panels = ordered(cells, spec.panels)
    for ax, value in zip(place.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw_panel(ax, at(cells, spec.panels, value), spec, looks)
        room = max(SHORTEST_TITLE, int(LETTERS_AN_INCH * panel_width(ax)))
        title = folded(value_name(spec.panels or "", value), room) if value else ""
        ax.set_title(title, fontsize=7, fontweight="normal")
        ax.set_ylabel(side.metric_label if value == panels[0] else "")
    add_legend(place, bar_handles(cells, spec.series, looks), spec.series_label or spec.series or "", columns)


def with_marks(cells: pd.DataFrame, data: pd.DataFrame, spec: BarsReport) -> pd.DataFrame:
    """The cells with the column ``mark``, the paper's number of the same cell.

    It is NaN for the paper's own cells, and for all cells if a common axis would hide the differences of either.
    """
    axes = [axis for axis in (spec.panels, spec.x, spec.series) if axis]
    common = in_common(data, axes)
    if set(cells["source"]) != {HERE} or not _fit_one_axis(common):
        return cells.assign(mark=float("nan"))
    return cells.merge(common[[*axes, "mean_paper"]].rename(columns={"mean_paper": "mark"}), on=axes, how="left")


def _fit_one_axis(common: pd.DataFrame) -> bool:
    ours, theirs = common["mean"], common["mean_paper"]
    both = pd.concat([ours, theirs])
    return bool(both.max() - both.min() <= 2 * max(ours.max() - ours.min(), theirs.max() - theirs.min()))


def _looks(data: pd.DataFrame, series: str | None) -> list[Looks]:
    """The colours and hatches of one's own values and of the paper's. A value looks the same in both; if they share no
    value, values of the same rank look the same."""
    ours, theirs = (ordered(of(data, source), series) for source in (HERE, PAPER))
    if set(ours) & set(theirs):
        ours = theirs = list(dict.fromkeys(theirs + ours))
    return [{value: look(rank) for rank, value in enumerate(values)} for values in (ours, theirs)]


def _notes(data: pd.DataFrame, spec: BarsReport) -> list[str]:
    """Sentences that a reader needs to read the figure."""
    panels = [
        at(of(data, source), spec.panels, value)
        for source in (HERE, PAPER)
        for value in ordered(of(data, source), spec.panels)
    ]
    limits = [(bar_limits(cells)[0], cells) for cells in panels]
    cut = any(low > 0 for low, _ in limits)
    marked = with_marks(of(data, HERE), data, spec)["mark"].notna().any()
    return [
        *(["A vertical axis does not begin at 0, so that differences can be seen."] if cut else []),
        *([CUT] if any((cells["mean"] < low).any() for low, cells in limits) else []),
        *(["Diamonds: the paper's numbers at the same values."] if marked else []),
        *(GAPS if (data["state"] != "done").any() else []),
    ]

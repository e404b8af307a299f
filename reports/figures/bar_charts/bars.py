"""Bars in groups: Figures 8, 9, B.1, B.2, B.7 and B.8."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.baselines import baselines_beside
from reports.cells.names import value_name
from reports.cells.summary import HERE, PAPER, at, beside, in_common, of, ordered
from reports.figures.bar_charts.limits import panel_limits
from reports.figures.bar_charts.panel import CUT, Looks, bar_handles, draw_panel
from reports.figures.baseline_lines import draw_baselines, legend_handles
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.short_names import LETTERS_AN_INCH, folded
from reports.figures.labels.ticks import panel_width
from reports.figures.seed_dots import seeds_note
from reports.figures.sides import GAPS, add_legends, lay_out, sides, span_note
from reports.paper.numbers import PaperNumbers
from reports.specs import BarsReport
from reports.study_report import StudyReport
from reports.style import look
from reports.tables.texts import pivoted

MOST_BESIDE = 24
"""The most bars of a panel of half the figure's width; a panel with more takes the whole width."""

SHORTEST_TITLE = 10
"""The letters that a line of a panel's title has room for at least."""


def draw_bars(report: StudyReport, spec: BarsReport) -> Drawn:
    """Draws a bar for each mean over seeds, with its standard deviation, or a dot if bars would not begin at 0, and a
    line for each baseline. The paper's numbers have panels of their own, and are also marked on one's own values of the
    same cells."""
    axes = [axis for axis in (spec.panels, spec.x, spec.series) if axis]
    rows = [axis for axis in (spec.panels, spec.x) if axis]
    data = beside(report.table, report.paper, axes, [spec.metric])
    drawn = "Dots are" if _are_cut(spec, data) else "Bars are"
    return Drawn(
        figure=bars_figure(report, spec, data),
        texts=pivoted(data, rows, spec.series),
        corner=", ".join(rows),
        data=data,
        findings=cell_findings(data, axes, report.baselines, report.paper),
        caption=caption(report, data, axes, drawn, "error bars", _notes(report.paper, data, spec)),
        rows=rows,
        columns=spec.series,
    )


def bars_figure(report: StudyReport, spec: BarsReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    parts = sides(report, data)
    bars = max(len(cells) for cells in _panels(spec, data))
    stacked = spec.panels is not None or bars > MOST_BESIDE
    figure, places = lay_out(report, parts, 2.5, stacked)
    limits = iter(_limits(spec, data))
    as_dots, legends = _are_cut(spec, data), []
    marked = report.paper.name if report.paper else ""
    for place, side, looks in zip(places, parts, _looks(data, spec.series), strict=False):
        cells = with_marks(side.cells, data, spec)
        values = ordered(cells, spec.panels)
        panels = place.subplots(1, len(values), squeeze=False)[0]
        for ax, value in zip(panels, values, strict=True):
            shown = at(cells, spec.panels, value)
            draw_panel(ax, shown, spec, looks, next(limits), as_dots)
            draw_baselines(ax, shown, data)
            _name_panel(ax, value_name(spec.panels or "", value) if value else "")
            ax.set_ylabel(side.metric_label if value == values[0] else "")
        bars_and_marks = bar_handles(cells, spec.series, looks, as_dots, marked)
        legends.append((place, [*bars_and_marks, *legend_handles(panels)]))
    add_legends(legends, spec.series_label or spec.series or "", 8 if stacked else 4)
    return figure


def _name_panel(ax: Axes, name: str) -> None:
    room = max(SHORTEST_TITLE, int(LETTERS_AN_INCH * panel_width(ax)))
    ax.set_title(folded(name, room), fontsize=7, fontweight="normal")


def _panels(spec: BarsReport, data: pd.DataFrame) -> list[pd.DataFrame]:
    """The cells of each panel, one's own first."""
    every = [with_marks(of(data, source), data, spec) for source in (HERE, PAPER) if (data["source"] == source).any()]
    return [at(cells, spec.panels, value) for cells in every for value in ordered(cells, spec.panels)]


def _limits(spec: BarsReport, data: pd.DataFrame) -> list[tuple[float, float]]:
    """The vertical limits of each panel, with room for the paper's marks and for baselines that are not far below."""
    return panel_limits([pd.concat([cells, _beside_bars(cells, data)]) for cells in _panels(spec, data)])


def _beside_bars(cells: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    """The values beside the bars of a panel that its limits have room for: the paper's marks, and the baselines.

    A baseline that is farther below the bars than these differ has no room: it would hide their differences.
    """
    low, high = cells["mean"].min(), cells["mean"].max()
    near = (one.mean for one in baselines_beside(cells, data) if one.mean >= low - (high - low))
    return pd.DataFrame({"mean": [*cells["mark"], *near]})


def _are_cut(spec: BarsReport, data: pd.DataFrame) -> bool:
    """Whether bars would not begin at 0 in some panel: dots are drawn then, whose heights nobody compares."""
    return any(low > 0 for low, _ in _limits(spec, data))


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


def _notes(paper: PaperNumbers | None, data: pd.DataFrame, spec: BarsReport) -> list[str]:
    """Sentences that a reader needs to read the figure."""
    panels = list(zip(_limits(spec, data), _panels(spec, data), strict=True))
    marked = any(cells["mark"].notna().any() for _, cells in panels)
    lower = {one.name for (low, _), cells in panels for one in baselines_beside(cells, data) if one.mean < low}
    return [
        *span_note(len(panels)),
        *([CUT] if any((cells["mean"] < low).any() for (low, _), cells in panels) else []),
        *(f"The line of {name} is below its panel." for name in sorted(lower)),
        *([f"Diamonds: {paper.whose} numbers at the same values."] if paper and marked else []),
        *seeds_note(data),
        *(GAPS if (of(data, HERE)["state"] != "done").any() else []),
    ]

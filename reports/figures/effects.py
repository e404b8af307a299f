"""The figure of an ablation: the change by each value of an axis, as the difference from one of them."""

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.cells.metric_names import label_of, unit_of
from reports.cells.names import FORMS, axis_name, value_name
from reports.cells.summary import HERE, PAPER, WORDS, beside, of, seed_values, why_empty
from reports.figures.bar_charts.panel import MARK
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.figures.labels.short_names import folded
from reports.figures.seed_dots import DOT, seeds_note, spread_out
from reports.figures.sides import add_legends
from reports.specs import EffectsReport
from reports.statistics.noise.differences import differences
from reports.study_report import StudyReport
from reports.style import GREY, WIDTH, Look, look, set_heading
from reports.tables.texts import pivoted

EFFECT, LOW, HIGH = "effect", "effect_low", "effect_high"
"""Columns: the difference from the reference, and the ends of its interval."""
ROW = 0.3
"""Inches of a value."""
BESIDE = 0.16
"""Inches of each of several dots of a value."""
GROUP = 0.7
"""Part of a row that its dots take, where there are several."""
INTERVAL = "Bars: the interval of each at 95 %, by itself, with the estimates of the verdicts."


def draw_effects(report: StudyReport, spec: EffectsReport) -> Drawn:
    """A dot with its interval for each value but the reference, the largest loss first."""
    others = [axis for axis in report.axes if axis != spec.axis]
    axes = [spec.axis, *others]
    data = with_effects(report, spec, beside(report.table, report.paper, axes, [spec.metric]))
    return Drawn(
        figure=effects_figure(report, spec, data),
        texts=pivoted(data, axes, None),
        corner=", ".join(axes),
        data=data,
        findings=cell_findings(data, axes, report.baselines, report.paper),
        caption=caption(report, data, axes, "Dots are differences of", "in the table, ±", _notes(report, spec, data)),
        rows=axes,
    )


def with_effects(report: StudyReport, spec: EffectsReport, data: pd.DataFrame) -> pd.DataFrame:
    """The cells with ``effect``, ``effect_low`` and ``effect_high``; those of the paper have no interval."""
    others = [axis for axis in report.axes if axis != spec.axis]
    is_other = data[spec.axis] != str(spec.reference)
    ours, theirs = (data[(data["source"] == source) & is_other] for source in (HERE, PAPER))
    cells = [{str(axis): str(value) for axis, value in row.items()} for row in ours[report.axes].to_dict("records")]
    found = differences(report.judged, [(cell, cell | {spec.axis: str(spec.reference)}) for cell in cells])
    whole = data[(data["source"] == PAPER) & ~is_other][[*others, "source", "mean"]]
    published = theirs["mean"] - theirs[[*others, "source"]].merge(whole, how="left")["mean"].set_axis(theirs.index)
    return data.assign(
        **{
            EFFECT: pd.concat([pd.Series([one.effect for one in found], ours.index, dtype=float), published]),
            LOW: pd.Series([one.low for one in found], ours.index, dtype=float),
            HIGH: pd.Series([one.high for one in found], ours.index, dtype=float),
        }
    )


def effects_figure(report: StudyReport, spec: EffectsReport, data: pd.DataFrame) -> Figure:
    """Drawn of ``data`` alone."""
    others = [axis for axis in report.axes if axis != spec.axis]
    cells = data[data[spec.axis] != str(spec.reference)]
    names, groups = _sorted_values(of(cells, HERE), spec.axis), _groups(cells, others)
    figure = Figure(figsize=(WIDTH, 1.1 + max(ROW, BESIDE * len(groups)) * len(names)), layout="constrained")
    set_heading(figure, report.heading)
    part = figure.subfigures(1, 1, squeeze=False)[0, 0]
    ax = part.subplots()
    whole = _seeds_of_reference(data, spec, others)
    for number, group in enumerate(groups):
        offset = GROUP * ((number + 0.5) / len(groups) - 0.5)
        mine = cells[(cells[others] == list(group)).all(axis=1)] if others else cells
        for cell in mine.to_dict("records"):
            place = names.index(cell[spec.axis]) + offset if cell[spec.axis] in names else math.nan
            _draw_cell(ax, place, cell, whole.get(group, []), look(number), GROUP / len(groups))
    _dress(ax, report, spec, data, [folded(value_name(spec.axis, name)) for name in names])
    papers = report.paper.name if report.paper else ""
    add_legends([(part, _handles(cells, others, groups, papers))], ", ".join(map(axis_name, others)), 4)
    return figure


def _sorted_values(cells: pd.DataFrame, axis: str) -> list[str]:
    """The values by their mean effect, the largest loss first, those without one last."""
    means = cells.groupby(axis, sort=False)[EFFECT].mean()
    return [str(value) for value in means.sort_values(kind="stable", na_position="last").index]


def _groups(cells: pd.DataFrame, others: list[str]) -> list[tuple[str, ...]]:
    """The combinations of the other axes, each of which has a colour; an empty one where there are none."""
    return list(of(cells, HERE)[others].drop_duplicates().itertuples(index=False, name=None)) if others else [()]


def _seeds_of_reference(
    data: pd.DataFrame, spec: EffectsReport, others: list[str]
) -> dict[tuple[str, ...], list[float]]:
    """The values of the reference's seeds, by combination of the other axes."""
    rows = of(data[data[spec.axis] == str(spec.reference)], HERE).to_dict("records")
    return {tuple(row[axis] for axis in others): seed_values(row) for row in rows}


def _draw_cell(
    ax: Axes, place: float, cell: dict[Hashable, Any], whole: list[float], its_look: Look, width: float
) -> None:
    """A dot with its interval and its seeds; the paper's is a diamond, and a cell without a value says why."""
    if math.isnan(cell[EFFECT]):
        if cell["source"] == HERE:
            write_why(ax, place, _why_empty(cell))
        return
    if cell["source"] == PAPER:
        ax.plot([cell[EFFECT]], [place], zorder=4, **MARK)
        return
    color, marker, _ = its_look
    seeds = [value - other for value, other in zip(seed_values(cell), whole, strict=False)]
    if len(seeds) > 1:
        ax.plot(seeds, place + spread_out(len(seeds), 0.7 * width), color=color, **DOT)
    if not math.isnan(cell[LOW]):
        ends = [[cell[EFFECT] - cell[LOW]], [cell[HIGH] - cell[EFFECT]]]
        ax.errorbar(cell[EFFECT], place, xerr=ends, color=color, capsize=2, zorder=2)
    ax.plot([cell[EFFECT]], [place], color=color, marker=marker, linestyle="", zorder=3)


def write_why(ax: Axes, place: float, text: str) -> None:
    """Write at the left end of a row why it has no dot."""
    beside: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    ax.annotate(text, (0, place), (4, 0), va="center", fontsize=7, color=GREY, **beside)


def _why_empty(cell: dict[Hashable, Any]) -> str:
    """Why a cell has no difference: it has no value, or there is none to compare it with."""
    if not math.isnan(cell["mean"]):
        return f"{cell['mean']:.1f}, nothing to compare with"
    if cell["state"] == "done":
        return "done, without this metric"
    return why_empty(cell["state"], cell["stopped_at"]) or WORDS[cell["state"]]


def _dress(ax: Axes, report: StudyReport, spec: EffectsReport, data: pd.DataFrame, names: list[str]) -> None:
    whole = of(data[data[spec.axis] == str(spec.reference)], HERE)["mean"].mean()
    told = "" if math.isnan(whole) else f" ({whole:.1f})"
    unit = unit_of(spec.metric)
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.06)
    ax.set_ylabel(axis_name(spec.axis))
    label = label_of(spec.metric).replace(" (%)", "")
    ax.set_xlabel(f"{label}: difference from {reference_name(spec)}{told}{', ' + unit if unit else ''}")
    ax.grid(visible=True, axis="x")


def reference_name(spec: EffectsReport) -> str:
    """The name of the value that the others are compared with: ``nothing left out``, or ``temperature 0.1``."""
    reference = str(spec.reference)
    return f"{reference} {FORMS[spec.axis]}" if spec.axis in FORMS else value_name(spec.axis, reference)


def _handles(cells: pd.DataFrame, others: list[str], groups: list[tuple[str, ...]], papers: str) -> list[Artist]:
    """The legend of what is drawn: a group without a dot has none. ``papers`` is the name of the paper's marks."""
    names = [", ".join(value or "–" for value in group) for group in groups]
    dots = of(cells, HERE).dropna(subset=[EFFECT])[others]
    with_dot = set(dots.itertuples(index=False, name=None))
    handles: list[Artist] = [
        Line2D([], [], color=look(number).color, marker=look(number).marker, linestyle="", label=name)
        for number, (name, group) in enumerate(zip(names, groups, strict=True))
        if name and group in with_dot
    ]
    drawn = cells[cells["source"] == PAPER][EFFECT].notna().any()
    return [*handles, *([Line2D([], [], label=papers, **MARK)] if drawn else [])]


def _notes(report: StudyReport, spec: EffectsReport, data: pd.DataFrame) -> list[str]:
    ours, paper = of(data, HERE), report.paper
    return [
        f"Each is the difference from {reference_name(spec)}, in the same seeds.",
        *([INTERVAL] if ours[LOW].notna().any() else []),
        *seeds_note(ours),
        *([f"Diamonds: {paper.whose} differences."] if paper and of(data, PAPER)[EFFECT].notna().any() else []),
    ]

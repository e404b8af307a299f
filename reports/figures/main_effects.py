"""The main effects of a grid's axes, each with its interval, on one scale."""

import math
from itertools import groupby

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.metric_names import difference, label_of, unit_of
from reports.cells.names import axis_name, is_number, with_minus
from reports.cells.summary import WORDS
from reports.figures.drawn import Drawn
from reports.figures.effects import write_why
from reports.figures.labels.short_names import folded
from reports.figures.seed_dots import DOT, SEEDS_NOTE, spread_out
from reports.specs import MainEffectsReport
from reports.statistics.main_effects import MainEffect, main_effects
from reports.study_report import StudyReport
from reports.style import COLORS, GREY, WIDTH, set_heading

ROW, BETWEEN, AROUND = 0.19, 0.3, 0.75
"""Inches of a value, between two axes, and of heading and scale."""
WHAT = (
    "Main effects: the mean of all cells with a value, minus the mean over all values of its axis, in the same seeds. "
    "Bars: the interval of each at 95 %, by itself, with the estimates of the verdicts."
)


def draw_main_effects(report: StudyReport, spec: MainEffectsReport) -> Drawn:
    """Draws a dot with its interval for each value of each axis."""
    effects = main_effects(report.judged)
    several = any(len(one.by_seed) > 1 for one in effects)
    return Drawn(
        figure=main_effects_figure(report, effects),
        texts=_texts(effects, spec.metric),
        corner="axis, value",
        data=pd.DataFrame([vars(one) | {"by_seed": " ".join(map(str, one.by_seed))} for one in effects]),
        findings=_findings(effects, spec.metric),
        caption=" ".join([WHAT, *([SEEDS_NOTE] if several else []), report.circumstances]).strip(),
    )


def main_effects_figure(report: StudyReport, effects: list[MainEffect]) -> Figure:
    """The figure, drawn from the effects alone: a panel for each axis."""
    panels = [(axis, _in_order(list(group))) for axis, group in groupby(effects, lambda one: one.axis)]
    rows = [len(panel) for _, panel in panels] or [1]
    height = AROUND + sum(rows) * ROW + len(rows) * BETWEEN
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    set_heading(figure, report.heading)
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for number, (ax, (axis, panel)) in enumerate(zip(axes, panels, strict=False)):
        _draw_panel(ax, panel, COLORS[number % len(COLORS)])
        ax.set_title(axis_name(axis))
    unit, label = unit_of(report.metric), label_of(report.metric).replace(" (%)", "")
    axes[-1].set_xlabel(f"{label}: difference from the mean{', ' + unit if unit else ''}")
    return figure


def _in_order(effects: list[MainEffect]) -> list[MainEffect]:
    """Numbers ascending, other values by their effect, the highest first."""
    if all(is_number(one.value) for one in effects):
        return sorted(effects, key=lambda one: float(one.value))
    return sorted(effects, key=lambda one: math.inf if math.isnan(one.effect) else -one.effect)


def _draw_panel(ax: Axes, effects: list[MainEffect], color: str) -> None:
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    for place, one in enumerate(effects):
        if math.isnan(one.effect):
            write_why(ax, place, WORDS["waiting"])
            continue
        if len(one.by_seed) > 1:
            ax.plot(one.by_seed, place + spread_out(len(one.by_seed), 0.5), color=color, **DOT)
        if not math.isnan(one.low):
            ax.errorbar(one.effect, place, xerr=[[one.effect - one.low], [one.high - one.effect]], color=color)
        ax.plot([one.effect], [place], color=color, marker="o", linestyle="", zorder=3)
    ax.set_yticks(range(len(effects)), [folded(one.value) or "–" for one in effects])
    ax.set_ylim(len(effects) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=True, axis="x")


def _texts(effects: list[MainEffect], metric: str) -> pd.DataFrame:
    names = [f"{axis_name(one.axis)}, {one.value}" for one in effects]
    means = ["" if math.isnan(one.effect) else difference(one.effect, metric) for one in effects]
    ends = ["" if math.isnan(one.low) else f"{one.low:+.2g} to {one.high:+.2g}" for one in effects]
    return pd.DataFrame({"effect": means, "95 % interval": ends}, index=names).map(with_minus)


def _findings(effects: list[MainEffect], metric: str) -> list[str]:
    """A sentence for each axis on its highest and its lowest value, the axis that matters most first."""
    told = []
    for axis, group in groupby(effects, lambda one: one.axis):
        known = sorted((one for one in group if not math.isnan(one.effect)), key=lambda one: one.effect)
        if len(known) > 1:
            high, low = known[-1], known[0]
            span = high.effect - low.effect
            ends = f"{high.value} ({difference(high.effect, metric)}) to {low.value} ({difference(low.effect, metric)})"
            told.append((span, f"{axis_name(axis)}: from {ends}."))
    return [sentence for _, sentence in sorted(told, reverse=True)] or ["No main effect is known yet."]

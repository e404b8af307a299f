"""All claims of a page: each effect with its interval at the level of its verdict, by colour and shape the verdict."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.cells.names import with_minus
from reports.statistics.ruling import WORDS
from reports.statistics.verdicts import Verdict
from reports.style import COLORS, ERROR, GREY, WIDTH, save_figure, set_heading

LOOKS = {
    "SUPPORTED": (COLORS[2], "o", COLORS[2]),
    "REFUTED": (COLORS[3], "X", COLORS[3]),
    "NO DIFFERENCE": (COLORS[0], "s", COLORS[0]),
    "UNDECIDED": (GREY, "o", "white"),
}
"""Colour, marker and filling of each verdict."""
ASKED: dict[str, Any] = {"marker": "|", "markersize": 9, "color": ERROR, "linestyle": ""}
"""How much of an effect a claim asks for; of values that are alike, at most how much."""
SUFFIXES = ("png", "svg")
LABELS, NUMBERS = 3.1, 1.45
"""Inches beside the axes: of the claims to the left, and of effect and interval to the right."""
LETTERS = 18.5
"""Letters of an inch, of a text in small letters."""
FIRST = 0.6
"""Part of a claim's words that stand before those that are left out."""
MOST_LINES = ((12, 3), (24, 2))
"""Numbers of claims below which each has so many lines at most; of more claims each has one. The page has it whole."""
NOTE = re.compile(r"(?<=\.) \([^()]*\.\)$")
"""A sentence in parentheses after a claim, which a label leaves out."""
LINE, PAD = 0.125, 0.09
"""Inches of a line of text, and between claims."""
TOP, HEAD, AXIS, FOOT = 0.07, 0.32, 0.5, 0.3
"""Inches above the heading, of the heading with them, of a panel's axis with its name, and of the legend."""
BEYOND = 1.4
"""The axis ends at so many times the largest effect or the usual end of an interval; intervals that go on end in an
arrow."""
FAR = 5
"""Multiple of the usual end of an interval from which on an effect does not widen the axis: one effect of 65 points
would draw all others as zero. Its marker is at the edge, before the arrow."""
EDGE = 0.94
"""Place of such a marker, as a part of the axis."""


@dataclass(frozen=True)
class Row:
    """A claim in the figure."""

    label: str
    """Its words in a few lines, after the figure that it is about where a page has several."""
    verdict: Verdict

    @property
    def height(self) -> float:
        """Inches."""
        return LINE * (self.label.count("\n") + 1) + PAD


def save_forest(verdicts: Sequence[tuple[str, Verdict]], heading: str, folder: Path) -> Path | None:
    """Write ``forest.png`` and ``forest.svg``; return the first, or None if no claim has an effect yet."""
    for suffix in SUFFIXES:
        (folder / f"forest.{suffix}").unlink(missing_ok=True)
    if all(verdict.mean is None for _, verdict in verdicts):
        return None
    return save_figure(forest_figure(verdicts, heading), folder, "forest", SUFFIXES)[0]


def forest_figure(verdicts: Sequence[tuple[str, Verdict]], heading: str) -> Figure:
    """Draw the verdicts, each after the label of its study or an empty one. Effects of one unit share an axis."""
    lines = next((most for claims, most in MOST_LINES if len(verdicts) < claims), 1)
    rows = [Row(_label(label, verdict, lines), verdict) for label, verdict in verdicts]
    units = dict.fromkeys(row.verdict.unit for row in rows)
    panels = {unit: [row for row in rows if row.verdict.unit == unit] for unit in units}
    height = HEAD + FOOT + sum(AXIS + sum(row.height for row in panel) for panel in panels.values())
    figure = Figure(figsize=(WIDTH, height))
    title = set_heading(figure, heading)
    whole, top = figure.get_figheight(), height - HEAD
    title.set(y=1 - TOP / whole, verticalalignment="top")
    for unit, panel in panels.items():
        tall = sum(row.height for row in panel)
        place = LABELS / WIDTH, (top - tall) / whole, 1 - (LABELS + NUMBERS) / WIDTH, tall / whole
        _draw_panel(figure.add_axes(place), panel, unit)
        top -= tall + AXIS
    words = [word for word in WORDS if any(row.verdict.word == word for row in rows)]
    handles = [_handle(word) for word in words]
    if any(row.verdict.claim.asked for row in rows):
        handles.append(Line2D([], [], label="what is asked", **ASKED))
    figure.legend(handles=handles, ncols=len(handles), loc="lower center", frameon=False)
    return figure


def _label(study: str, verdict: Verdict, lines: int) -> str:
    """The claim's words, in at most so many lines. Words of its middle are left out: claims differ in their ends."""
    says = NOTE.sub("", verdict.claim.says)
    words = (f"{study}: {says}" if study else says).split()
    label = _wrapped(words)
    for kept in range(len(words) - 1, 1, -1):
        if len(label) <= lines:
            break
        first = round(FIRST * kept)
        label = _wrapped([*words[:first], "…", *words[first - kept :]])
    return "\n".join(label[:lines])


def _wrapped(words: Sequence[str]) -> list[str]:
    return textwrap.wrap(" ".join(words), int(LABELS * LETTERS), break_on_hyphens=False)


def _handle(word: str) -> Line2D:
    color, marker, fill = LOOKS[word]
    return Line2D([], [], color=color, marker=marker, markerfacecolor=fill, linestyle="", label=word.lower())


def _draw_panel(ax: Axes, rows: Sequence[Row], unit: str) -> None:
    """One claim below the other, as high as its words are."""
    end = _end([row.verdict for row in rows])
    below = np.cumsum([row.height for row in rows])
    ax.set(xlim=(-end, end), ylim=(below[-1], 0))
    ax.axvline(0, color=GREY, linewidth=0.8)
    for row, bottom in zip(rows, below, strict=True):
        _draw_row(ax, row, float(bottom) - row.height / 2, end)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"effect{f' ({unit})' if unit else ''}; positive: as claimed", fontsize=7)
    ax.grid(visible=True, axis="x")


def _end(verdicts: Sequence[Verdict]) -> float:
    """Distance from 0 to either end of the axis."""
    effects = [abs(verdict.mean) for verdict in verdicts if verdict.mean is not None]
    ends = [max(map(abs, verdict.interval)) for verdict in verdicts if verdict.interval]
    usual = float(np.median(ends)) if ends else 0.0
    wanted = [*effects, *(abs(verdict.claim.asked) for verdict in verdicts)]
    near = [one for one in wanted if not usual or one <= FAR * usual]
    return BEYOND * max([*near, usual]) or 1.0


def _draw_row(ax: Axes, row: Row, y: float, end: float) -> None:
    verdict = row.verdict
    for text, x, points in ((row.label, 0, 6 - 72 * LABELS), (_numbers(verdict), 1, 6)):
        ax.annotate(text, (x, y), (points, 0), ax.get_yaxis_transform(), "offset points", va="center", fontsize=7)
    if 0 < abs(verdict.claim.asked) < end:
        ax.plot([verdict.claim.asked], [y], **ASKED)
    if verdict.mean is None:
        return
    color, marker, fill = LOOKS[verdict.word]
    if verdict.interval:
        low, high = (float(np.clip(one, -end, end)) for one in verdict.interval)
        ax.plot([low, high], [y, y], color=color, linewidth=1.2)
        for edge, arrow, goes_on in ((-end, "<", verdict.interval[0] < -end), (end, ">", verdict.interval[1] > end)):
            if goes_on:
                ax.plot([edge], [y], marker=arrow, markersize=4, color=color, clip_on=False)
    shown = float(np.clip(verdict.mean, -EDGE * end, EDGE * end))
    ax.plot([shown], [y], marker=marker, color=color, markerfacecolor=fill, zorder=3)


def _numbers(verdict: Verdict) -> str:
    if verdict.mean is None:
        return "no result yet"
    told = verdict.text(verdict.mean)
    if verdict.interval:
        told += f" [{', '.join(map(verdict.text, verdict.interval))}]"
    return with_minus(told)

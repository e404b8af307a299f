"""One's own results and the paper's in two parts of a figure, both drawn by the same function."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from reports.cells.summary import HERE, PAPER, WORDS, of
from reports.figures.labels.short_names import LETTERS_AN_INCH, letters
from reports.figures.labels.titles import TITLE, title_lines
from reports.paper.numbers import beginning
from reports.study_report import StudyReport
from reports.style import EMPTY, LEADING, WIDTH, set_heading

FREE_ROWS, ROW = 4, 0.17
"""The rows of a legend that a figure has room for, and the height of each further row in inches."""
HANDLE = 8
"""The width of a legend's handle, in letters."""
BETWEEN = 0.1
"""Inches between the titles of two parts."""


@dataclass(frozen=True)
class Side:
    """One's own results, or the paper's numbers."""

    cells: pd.DataFrame
    """The cells, as in ``reports.cells.summary``."""
    title: str
    metric_label: str


def sides(report: StudyReport, data: pd.DataFrame) -> list[Side]:
    """One's own results, and the paper's numbers if ``data`` has them."""
    found = [Side(of(data, HERE), "Here", report.metric_label)]
    numbers, theirs = report.paper, of(data, PAPER)
    if numbers is not None and len(theirs):
        title = f"{beginning(numbers.name)}, {numbers.title} ({numbers.published_as})"
        found.append(Side(theirs, title, numbers.metrics[report.metric]))
    return found


def lay_out(report: StudyReport, parts: list[Side], height: float, stacked: bool) -> tuple[Figure, list[SubFigure]]:
    """A figure with a part for each side, ``height`` inches high and higher if titles need several lines: one below the
    other if ``stacked``, else side by side. Titles have the same number of lines, so that panels are equally high."""
    rows = len(parts) if stacked else 1
    titles = [title_lines(side.title, WIDTH / (len(parts) // rows) - BETWEEN) for side in parts]
    most = max(map(len, titles))
    height += (most - 1) * LEADING * TITLE / 72
    figure = Figure(figsize=(WIDTH, 0.3 + rows * height), layout="constrained")
    set_heading(figure, report.heading)
    found = list(figure.subfigures(rows, len(parts) // rows, squeeze=False).flat)
    for part, lines in zip(found, titles, strict=True):
        part.suptitle("\n".join([*lines, *[" "] * (most - len(lines))]), fontsize=TITLE, fontweight="bold")
    return figure, found


def add_legends(parts: Sequence[tuple[SubFigure, Sequence[Artist]]], title: str, most: int) -> None:
    """Adds a legend below the panels of each part, with at most ``most`` entries a row. It covers nothing, unlike the
    paper's, which lie over its bars. All legends are equally high, so that all panels are."""
    if not any(handles for _, handles in parts):
        return
    columns = [_legend_columns(part, handles, most) for part, handles in parts]
    rows = max(math.ceil(len(handles) / count) for (_, handles), count in zip(parts, columns, strict=True))
    figure, lines = parts[0][0].figure, len({part.bbox.y0 for part, _ in parts})
    figure.set_figheight(figure.get_figheight() + lines * max(0, rows - FREE_ROWS) * ROW)
    for (part, handles), count in zip(parts, columns, strict=True):
        whole = _in_columns(handles, count, rows)
        legend = part.legend(handles=whole, ncols=count, loc="outside lower center", frameon=False)
        legend.set_title(title or None)  # type: ignore[arg-type]


def _legend_columns(part: SubFigure, handles: Sequence[Artist], most: int) -> int:
    """The columns of a legend that is as wide as its part at most."""
    longest = max((letters(str(handle.get_label())) for handle in handles), default=0)
    room = int(part.bbox.width / part.dpi * LETTERS_AN_INCH / (longest + HANDLE))
    rows = math.ceil(len(handles) / max(1, min(most, room)))
    return max(1, math.ceil(len(handles) / max(1, rows)))


def _in_columns(handles: Sequence[Artist], columns: int, rows: int) -> list[Artist]:
    """The handles column by column, each filled with empty ones until it has so many rows."""
    empty = Line2D([], [], linestyle="", label=" ")
    parts = [[handles[number] for number in part] for part in np.array_split(range(len(handles)), columns)]
    return [one for part in parts for one in [*part, *[empty] * (rows - len(part))]]


def share_span(panels: Sequence[Axes], side: Literal["x", "y"] = "y") -> None:
    """Gives an axis of all panels the same number of points, around the middle of each panel's own: else a difference
    of two points in one looks like one of ten in the next."""
    ends = [getattr(ax, f"get_{side}lim")() for ax in panels]
    span = max(high - low for low, high in ends)
    for ax, (low, high) in zip(panels, ends, strict=True):
        first = (low + high - span) / 2
        first = max(first, min(low, 0.0))
        if "(%)" in getattr(ax, f"get_{side}label")():
            first = min(first, max(high, 100.0) - span)
        ax.set(**{f"{side}lim": (first, first + span)})


def span_note(panels: int) -> list[str]:
    """The note on ``share_span``; empty for a single panel."""
    return ["All panels span the same number of points."] if panels > 1 else []


def gaps_note(states: "pd.Series[str]") -> str:
    """A note on the numbers of cells without a value, for figures in which such cells have no place."""
    counts = [(int((states == state).sum()), words) for state, words in EMPTY_WORDS.items()]
    return ", ".join(f"{count} {words}" for count, words in counts if count)


EMPTY_STYLES: dict[str, dict[str, Any]] = {
    "waiting": {"facecolor": "none", "edgecolor": EMPTY, "linestyle": ":", "linewidth": 0.7},
    "failed": {"facecolor": "none", "edgecolor": EMPTY, "hatch": "xxx", "linewidth": 0.5},
    "stopped": {"facecolor": "none", "edgecolor": EMPTY, "hatch": "---", "linewidth": 0.5},
}
"""The style of the place of a cell without a value, by state."""
EMPTY_WORDS = {state: WORDS[state] for state in EMPTY_STYLES}
GAPS = ["Dotted places have no result yet, crossed ones have failed, ruled ones were stopped early."]

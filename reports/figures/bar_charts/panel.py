"""A panel of bars, and the handles of its legend."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from reports.cells.names import axis_name
from reports.cells.summary import error_ends, ordered, seed_values
from reports.figures.labels.short_names import folded
from reports.figures.labels.ticks import name_places
from reports.figures.seed_dots import draw_seeds
from reports.figures.sides import EMPTY_STYLES, EMPTY_WORDS
from reports.specs import BarsReport
from reports.style import ERROR, Look

GROUP = 0.86
"""The width of a group of bars, as a part of the distance between groups."""
LETTERS = 45
"""The most letters of a line in the label of the axis."""
FEWEST = 8
"""The number of bars that a panel has room for at least."""
CUT = "A number with an arrow stands for a value below its panel."
MARK: dict[str, Any] = {
    "marker": "D",
    "markersize": 2.7,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "linestyle": "",
}
"""The style of the mark of a paper's number."""


Looks = dict[str, Look]
"""The look of each value of the series."""


def draw_panel(
    ax: Axes, cells: pd.DataFrame, spec: BarsReport, looks: Looks, limits: tuple[float, float], as_dots: bool
) -> None:
    """Draws the bars of a panel, or dots in their place if the axis does not begin at 0.

    ``cells`` are as in ``reports.cells.summary``, with ``mark``. A cell without a value is an empty place as high as
    the panel, never a bar of height 0. The place of a cell that the grid does not have stays free.
    """
    groups, width = ordered(cells, spec.x), GROUP / len(ordered(cells, spec.series))
    low, _ = ax.set_ylim(limits)
    ends = dict(zip(("from", "to"), error_ends(cells), strict=True))
    for cell, x in zip(cells.assign(**ends).to_dict("records"), _places(cells, spec, width), strict=True):
        value, its_look = cell["mean"], looks[cell[spec.series] if spec.series else ""]
        if pd.isna(value):
            _draw_gap(ax, x, width, cell)
        elif value < low:
            ax.text(x, low, f" {value:.1f} ↓", rotation=90, ha="center", va="bottom", fontsize=7)
        else:
            _draw_value(ax, x, width, cell, its_look, as_dots)
    margin = 0.5 + max(0.0, FEWEST * width - len(groups)) / 2
    ax.set_xlim(-margin, len(groups) - 1 + margin)
    name_places(ax, groups)
    ax.set_xlabel(folded(spec.x_label or axis_name(spec.x), LETTERS))
    ax.tick_params(axis="x", length=0)
    ax.grid(visible=True, axis="y")


def _places(cells: pd.DataFrame, spec: BarsReport, width: float) -> list[float]:
    """The horizontal place of the middle of each cell's bar."""
    groups, series = ordered(cells, spec.x), ordered(cells, spec.series)
    ranks = [0] * len(cells) if spec.series is None else [series.index(value) for value in cells[spec.series]]
    first = -(len(series) - 1) / 2
    return [groups.index(x) + (first + rank) * width for x, rank in zip(cells[spec.x], ranks, strict=True)]


def _draw_value(ax: Axes, x: float, width: float, cell: dict[Hashable, Any], its_look: Look, as_dots: bool) -> None:
    """A bar from 0 or a dot, its error bar, its seeds, and the paper's number."""
    color, marker, hatch = its_look
    if as_dots:
        ax.plot([x], [cell["mean"]], color=color, marker=marker, linestyle="", zorder=3)
    else:
        ax.bar(x, cell["mean"], width, color=color, hatch=hatch, edgecolor="white", linewidth=0.4)
    if cell["from"] < cell["to"] or not pd.isna(cell["spread"]):
        below, above = cell["mean"] - cell["from"], cell["to"] - cell["mean"]
        ends = [[below], [above]]
        ax.errorbar(x, cell["mean"], yerr=ends, color=color if as_dots else ERROR, linewidth=0.9, capsize=1.5)
    draw_seeds(ax, x, seed_values(cell), color if as_dots else ERROR)
    if not pd.isna(cell["mark"]):
        ax.plot([x], [cell["mark"]], zorder=4, **MARK)


def _draw_gap(ax: Axes, x: float, width: float, cell: dict[Hashable, Any]) -> None:
    state, whole = str(cell["state"]), ax.get_xaxis_transform()
    if state in EMPTY_STYLES:
        corner = x - 0.45 * width, 0.0
        ax.add_patch(Rectangle(corner, 0.9 * width, 1, transform=whole, **EMPTY_STYLES[state]))
    if state == "stopped":
        told, under = f"epoch {cell['stopped_at']:.0f}", {"facecolor": "white", "linewidth": 0, "pad": 0.5}
        ax.text(x, 0.04, told, transform=whole, rotation=90, ha="center", va="bottom", fontsize=7, bbox=under)


def bar_handles(cells: pd.DataFrame, series: str | None, looks: Looks, as_dots: bool, marked: str) -> list[Artist]:
    """The handles of a legend: the values of the series, then the empty places and the paper's marks if there are any.
    ``marked`` is the name of the marks."""
    handles: list[Artist] = []
    for value in ordered(cells, series) if series else []:
        color, marker, hatch = looks[value]
        dot = Line2D([], [], color=color, marker=marker, linestyle="", label=value or "–")
        bar = Patch(facecolor=color, hatch=hatch, edgecolor="white", label=value or "–")
        handles.append(dot if as_dots else bar)
    empty = set(cells.loc[cells["mean"].isna(), "state"])
    handles += [Patch(label=EMPTY_WORDS[state], **style) for state, style in EMPTY_STYLES.items() if state in empty]
    if cells["mark"].notna().any():
        handles.append(Line2D([], [], label=marked, **MARK))
    return handles

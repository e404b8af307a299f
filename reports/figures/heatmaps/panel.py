"""A heatmap as in Figure 5: a cell for each pair of values, and the mean of each row as a last column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon, Rectangle

from reports.cells.names import with_minus
from reports.figures.labels.short_names import UPRIGHT, folded, turn
from reports.figures.labels.ticks import SLANTING, panel_width
from reports.figures.labels.titles import inches_of, title_lines
from reports.style import WIDTH

AVERAGE = "average"
HATCH = {"waiting": "///", "failed": "xxx", "stopped": "---", "done": ""}
"""The hatches of cells without a value, by state. A trial that is done may lack the metric, and so have no value."""
GREY = "#e6e6e6"
INKS = ("black", "white")
CORNER = 0.15
"""The sides of the mark in the corner of a cell, as a part of the cell: it ends before the number."""
SCALE_LABEL = "standard deviations from the mean"
LETTERS = 42
"""The most letters of a line in the label of an axis."""
TICK, AROUND, BETWEEN = 7, 0.36, 0.1
"""The font size of the names of rows, inches of what else is to the left of a title, and of the gap to its right."""


@dataclass(frozen=True)
class Panel:
    """A heatmap; all frames have the same rows and columns."""

    title: str
    values: pd.DataFrame
    """The values of the cells; NaN if there is none."""
    average: pd.Series | None = None
    """The means of the rows, drawn as a last column in the same colours and without a gap, as in the paper."""
    spread: pd.DataFrame | None = None
    """The spreads, written below the values; NaN if not known."""
    state: pd.DataFrame | None = None
    """The states of the cells. A waiting cell without a value is hatched, a failed one crossed, a stopped one ruled."""
    stopped_at: pd.DataFrame | None = None
    """The epochs of cells that were stopped early, written into them."""
    signed: bool = False
    """Whether the values are differences: colours diverge from 0, and signs are written."""
    scale: tuple[float, float] | None = None
    """The ends of the scale of standardised values, the same in panels that are compared; None if colours show the
    values themselves."""
    below: float | None = None
    """The value of a baseline; cells below it have a mark."""


def title_room(grids: Sequence[pd.DataFrame]) -> float:
    """The inches that the title of each of some panels beside each other has room for: from its cells to the next
    panel. All have the same room, since their cells are equally wide."""
    names = [[line for name in grid.index for line in folded(str(name)).split("\n")] for grid in grids]
    left = sum(AROUND + max((inches_of(line, TICK) for line in lines), default=0.0) for lines in names)
    return (WIDTH - left) / len(grids) - BETWEEN


def draw_panel(ax: Axes, panel: Panel, row_label: str, column_label: str, room: float = WIDTH) -> None:
    """Draws a heatmap in the paper's colours, inferno from the smallest value to the largest, with text in black or
    white, whichever can be read better. ``room`` is that of the title, in inches."""
    shown = panel.values.astype(float)
    if panel.average is not None:
        shown = shown.assign(**{AVERAGE: panel.average})
    colored = standardised(panel.values.astype(float), shown) if panel.scale else shown
    low, high = panel.scale or _limits(panel)
    sns.heatmap(
        colored,
        ax=ax,
        cmap="vlag" if panel.signed else "inferno",
        vmin=low,
        vmax=high,
        annot=_labels(panel, shown),
        fmt="",
        annot_kws={"fontsize": 7},
        cbar_kws={"pad": 0.03} | ({"label": SCALE_LABEL} if panel.scale else {}),
    )
    _ink(ax)
    _mark_below(ax, panel, colored)
    _hatch(ax, panel, shown)
    ax.set_title("\n".join(title_lines(panel.title, room)))
    ax.set_ylabel(folded(row_label))
    ax.set_xlabel(folded(column_label, LETTERS))
    columns = [folded(str(name)) for name in shown.columns]
    slanted = turn(columns, panel_width(ax)) < UPRIGHT
    ax.set_xticklabels(columns, **SLANTING if slanted else {"rotation": UPRIGHT})
    ax.set_yticklabels([folded(str(name)) for name in shown.index], rotation=0)


def standardised(values: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """``shown`` in standard deviations from the mean of ``values``, so that grids in other units compare."""
    known = values.to_numpy()[~np.isnan(values.to_numpy())]
    spread = float(known.std()) if len(known) else 0.0
    return (shown - known.mean()) / spread if spread else shown * 0.0


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """The contrast of two colours, RGB from 0 to 1: from 1 to 21, at least 4.5 for text (WCAG 2.2, 1.4.3)."""
    dark, light = sorted(_luminance(color) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Sequence[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ink(ax: Axes) -> None:
    """Each number in black or white, by the contrast with its cell."""
    grounds = np.asarray(ax.collections[0].get_facecolor())
    for text in ax.texts:
        column, row = (int(at) for at in text.get_position())
        text.set_color(_readable(grounds[row * int(ax.get_xlim()[1]) + column]))


def _readable(ground: np.ndarray) -> str:
    """The ink that can be read best on a colour."""
    return max(INKS, key=lambda ink: contrast(to_rgb(ink), ground.tolist()))


def _mark_below(ax: Axes, panel: Panel, colored: pd.DataFrame) -> None:
    """A triangle in the corner of each cell below the baseline."""
    if panel.below is None:
        return
    grounds = np.asarray(ax.collections[0].get_facecolor())
    for row, column in np.argwhere((panel.values < panel.below).to_numpy()).tolist():
        ink = _readable(grounds[row * colored.shape[1] + column])
        corner = [(column, row), (column + CORNER, row), (column, row + CORNER)]
        ax.add_patch(Polygon(corner, facecolor=ink, linewidth=0))


def _limits(panel: Panel) -> tuple[float, float]:
    values = panel.values.to_numpy(dtype=float)
    if np.isnan(values).all():
        return 0.0, 1.0
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if panel.signed:
        high = max(abs(low), abs(high)) or 1.0
        return -high, high
    return (low, high) if low < high else (low - 1, high + 1)


def _labels(panel: Panel, shown: pd.DataFrame) -> np.ndarray:
    values, labels = shown.to_numpy(dtype=float), np.empty(shown.shape, dtype=object)
    for row, column in np.ndindex(values.shape):
        value = values[row, column]
        labels[row, column] = "" if np.isnan(value) else f"{value:+.1f}" if panel.signed else f"{value:.1f}"
    if panel.spread is not None:
        for (row, column), spread in np.ndenumerate(panel.spread.to_numpy(dtype=float)):
            labels[row, column] += "" if np.isnan(spread) else f"\n±{spread:.1f}"
    return np.asarray(np.vectorize(with_minus, otypes=[object])(labels))


def _hatch(ax: Axes, panel: Panel, shown: pd.DataFrame) -> None:
    """Draws the cells without a value: hatched by their state, plain grey if a trial is done but lacks the metric."""
    states = [] if panel.state is None else panel.state.to_numpy(dtype=str).tolist()
    for row, column in np.argwhere(shown.isna().to_numpy()).tolist():
        inside = row < len(states) and column < len(states[row])
        state = states[row][column] if inside else "waiting"
        ax.add_patch(
            Rectangle((column, row), 1, 1, facecolor=GREY, edgecolor="#777777", hatch=HATCH[state], linewidth=0)
        )
        if state == "stopped" and panel.stopped_at is not None:
            _write(ax, row, column, f"epoch\n{panel.stopped_at.to_numpy(dtype=float)[row, column]:.0f}")


def _write(ax: Axes, row: int, column: int, text: str) -> None:
    """Writes a text over a hatch."""
    under = {"facecolor": GREY, "linewidth": 0, "pad": 1}
    ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7, bbox=under)

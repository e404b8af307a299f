"""The panels of a picture: for each value of an axis, what the first seed that finished left to be drawn."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from reports.cells.arrays import TrialArrays
from reports.cells.summary import WORDS, why_empty

WIDTH = 5.5
"""Of a figure in inches."""
SIZE = 10
"""Of its text in points: 6 where it is printed at a column's width, 3.3 inches."""
LEFT_NOTHING = "finished, but left nothing to be drawn"
ERROR_LENGTH = 120


@dataclass(frozen=True)
class PicturePanel:
    """A trial that is drawn."""

    title: str
    left: TrialArrays
    missing: str = ""
    """Why there is nothing to draw."""
    metrics: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.left.arrays[name]


def make_panel(title: str, row: Mapping[Any, Any], left: TrialArrays) -> PicturePanel:
    """``row`` is the trial's in the table of results."""
    metrics = {name: value for name, value in row.items() if name.startswith(f"{left.protocol}/")}
    return PicturePanel(title, left, _missing(row, left), metrics)


def lettered(panels: Sequence[PicturePanel]) -> list[str]:
    """Their titles, with (a), (b) and so on where there are several."""
    if len(panels) == 1:
        return [panels[0].title]
    return [f"({letter}) {panel.title}" for letter, panel in zip(ascii_lowercase, panels, strict=False)]


def draw_missing(ax: Axes, panel: PicturePanel) -> None:
    """An empty panel that says why."""
    ax.set_axis_off()
    text = "\n".join(textwrap.wrap(panel.missing, 36))
    ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=SIZE, color="#555555", transform=ax.transAxes)


def _missing(row: Mapping[Any, Any], left: TrialArrays) -> str:
    match row["state"]:
        case "done":
            return "" if left.arrays else LEFT_NOTHING
        case "failed":
            return f"failed: {textwrap.shorten(row['error'], ERROR_LENGTH)}"
        case "stopped":
            return why_empty("stopped", row["stopped_at"])
    return WORDS["waiting"]

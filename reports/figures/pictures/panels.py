"""The panels of a picture: one for each value of an axis, with the arrays of the first seed that is done."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from string import ascii_lowercase
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from reports.cells.arrays import TrialArrays
from reports.cells.summary import WORDS, why_empty

WIDTH = 5.5
"""The width of a figure in inches."""
SIZE = 10
"""The font size in points: 6 if the figure is printed at the width of a column, 3.3 inches."""
LEFT_NOTHING = "finished, but left nothing to be drawn"
ERROR_LENGTH = 120
"""The most characters of an error that a panel shows."""


@dataclass(frozen=True)
class PicturePanel:
    """A trial that is drawn in a panel."""

    title: str
    left: TrialArrays
    """The arrays that the trial left."""
    missing: str = ""
    """The reason why there is nothing to draw; empty if there is something."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The metrics of the protocol, by name."""

    def __getitem__(self, name: str) -> np.ndarray:
        """The array with a name, such as ``tsne/embedding``."""
        return self.left.arrays[name]


def make_panel(title: str, row: Mapping[Any, Any], left: TrialArrays) -> PicturePanel:
    """The panel of a trial; ``row`` is the trial's row in the table of results."""
    metrics = {name: value for name, value in row.items() if name.startswith(f"{left.protocol}/")}
    return PicturePanel(title, left, _missing(row, left), metrics)


def lettered(panels: Sequence[PicturePanel]) -> list[str]:
    """The titles of the panels, with (a), (b) and so on if there are several; (aa) comes after (z)."""
    if len(panels) == 1:
        return [panels[0].title]
    return [f"({letters}) {panel.title}" for letters, panel in zip(_letters(), panels, strict=False)]


def _letters() -> Iterator[str]:
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))


def draw_missing(ax: Axes, panel: PicturePanel) -> None:
    """Draws an empty panel that says why it is empty."""
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

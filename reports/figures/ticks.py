"""Names below an axis."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from reports.figures.short_names import LETTERS_AN_INCH, SLANTED, UPRIGHT, folded, longest_line, turn

SLANTING: dict[str, Any] = {"rotation": SLANTED, "ha": "right", "rotation_mode": "anchor"}
"""The style of slanted names, which end at their places."""
BESIDE = 0.7
"""The width of a vertical axis with its labels, in inches."""

SHORT = 8
"""The letters of a turned name that a figure has room for."""


def name_places(ax: Axes, names: Sequence[str]) -> None:
    """Writes names at the places 0, 1, 2, ... of an axis."""
    shown = [folded(name) or "–" for name in names]
    turned = turn(shown, panel_width(ax))
    if turned == UPRIGHT:
        shown = [name or "–" for name in names]  # two lines of each would not fit
    heighten(ax, (longest_line(shown) - SHORT) / LETTERS_AN_INCH * math.sin(math.radians(turned)))
    ax.set_xticks(range(len(shown)), shown, **SLANTING if turned == SLANTED else {"rotation": turned})


def heighten(ax: Axes, inches: float) -> None:
    """Makes the figure higher. Only the first panel of a row counts."""
    figure, place = ax.get_figure(root=True), ax.get_subplotspec()
    assert figure is not None
    assert place is not None
    if inches > 0 and place.colspan.start == 0:
        figure.set_figheight(figure.get_figheight() + inches)


def panel_width(ax: Axes) -> float:
    """The approximate width of a panel in its part of the figure, in inches."""
    part, place = ax.get_figure(root=False), ax.get_subplotspec()
    assert part is not None
    assert place is not None
    return float(part.bbox.width / part.dpi / place.get_gridspec().ncols - BESIDE)

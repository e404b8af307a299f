"""The ends of the vertical axis of bars."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.ticker import MaxNLocator

from reports.cells.summary import error_ends

NICE = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
BELOW = 0.3
"""The room below the top of the lowest bar, as a part of the range, so that it is still a bar."""
ABOVE = 0.03
"""The room above the highest bar, as a part of the range."""


def bar_limits(cells: pd.DataFrame) -> tuple[float, float]:
    """The lower and upper end of the axis.

    The axis begins at 0 if the lowest bar is less than half as high as the highest, else at a round number below the
    lowest, as in the paper. Single bars far below all others, such as that of a diverged training, do not count: they
    would hide the differences between the others.
    """
    known = cells.dropna(subset="mean")
    if known.empty:
        return 0.0, 1.0
    usual = known[known["mean"] >= _fence(known["mean"])]
    lows, highs = error_ends(usual)
    low, high = float(lows.min()), float(highs.max())
    high += ABOVE * (high - low)
    if low < high / 2:
        return 0.0, float(NICE.tick_values(0, high)[-1])
    room = BELOW * (high - low) or 0.1 * high
    ticks = NICE.tick_values(max(0.0, low - room), high)
    return max(0.0, float(ticks[0])), float(ticks[-1])


def panel_limits(panels: Sequence[pd.DataFrame]) -> list[tuple[float, float]]:
    """The limits of panels beside each other, all of which span the same number of points: else a difference of two
    points in one looks like one of ten in the next."""
    found = [bar_limits(cells) for cells in panels]
    known = [limits for limits, cells in zip(found, panels, strict=True) if cells["mean"].notna().any()]
    span = max((high - low for low, high in known), default=1.0)
    return [_widened(low, high, span) for low, high in found]


def _widened(low: float, high: float, span: float) -> tuple[float, float]:
    """Limits with that span around the middle, from a round number on."""
    if low == 0:
        return 0.0, span
    step = float(NICE.tick_values(0, span)[1])
    first = max(0.0, step * round((low + high - span) / 2 / step))
    first = first if first + span >= high else first + step
    return min(first, low), min(first, low) + span


def _fence(values: "pd.Series[float]") -> float:
    """The value below which a bar does not count: it is far out by Tukey's rule, and below a fifth of the median. A bar
    that is merely bad counts."""
    low, high = float(values.quantile(0.25)), float(values.quantile(0.75))
    return min(low - 3 * (high - low), float(values.median()) / 5)

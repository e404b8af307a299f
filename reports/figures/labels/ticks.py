"""Names below an axis."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, ScalarFormatter

from reports.cells.names import is_number
from reports.figures.labels.short_names import LETTERS_AN_INCH, SLANTED, UPRIGHT, folded, longest_line, turn

SLANTING: dict[str, Any] = {"rotation": SLANTED, "ha": "right", "rotation_mode": "anchor"}
"""The style of slanted names, which end at their places."""
BESIDE = 0.7
"""The width of a vertical axis with its labels, in inches."""

DIGITS_AN_INCH, GAP = 16, 0.6
"""The digits of a number that fit into an inch, and the least gap between two numbers in digits."""
WIDE = 8
"""Ratio of the largest to the smallest number from which an axis is logarithmic."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
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


def write_powers(axis: Axis) -> None:
    """Write 10⁻¹² under a logarithmic axis. Matplotlib writes a formula, which is no text, and no figure has any."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))


def power_of_ten(value: float) -> str:
    """``10⁻¹²``; empty for a value that is no power of ten."""
    power = math.log10(value)
    return f"10{str(round(power)).translate(SUPERSCRIPTS)}" if math.isclose(power, round(power), abs_tol=1e-6) else ""


def span_decades(ax: Axes) -> None:
    """Makes the axis along the figure logarithmic, with 1, 2, 5, 10, 20, 50, ... below it."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())


def place_numbers(ax: Axes, names: Sequence[str]) -> list[float] | None:
    """Put numbers where they are on the axis, a logarithmic one where they are positive and the largest is many times
    the smallest; return their places. None, and nothing done, where not all names are numbers.

    A number whose text would cover its neighbour's has a tick alone.
    """
    if not all(map(is_number, names)) or not all(math.isfinite(float(name)) for name in names):
        return None
    values = [float(name) for name in names]
    logarithmic = min(values) > 0 and max(values) >= WIDE * min(values)
    scaled = [math.log(value) for value in values] if logarithmic else values
    span = (max(scaled) - min(scaled)) or 1.0
    shown, end = [], -math.inf
    for name, place in zip(names, scaled, strict=True):
        middle, half = (place - min(scaled)) / span * panel_width(ax) * DIGITS_AN_INCH, _width(name) / 2
        shown.append(name if middle - half >= end else "")
        end = middle + half if shown[-1] else end
    if logarithmic:
        ax.set_xscale("log")
    ax.set_xticks(values, shown)
    ax.xaxis.set_minor_locator(NullLocator())
    return values


def _width(number: str) -> float:
    """The width of a number and of the gap after it, in digits; a point is half as wide as a digit."""
    return len(number) - number.count(".") / 2 + GAP


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

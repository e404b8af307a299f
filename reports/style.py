"""The style of all figures, and the function that saves them."""

import logging
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.style as plt_style
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

from reports.fonts import fonts_for

STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "legend.fontsize": 7,
    "legend.columnspacing": 1.3,
    "legend.handletextpad": 0.5,
    "legend.title_fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.6,
    "errorbar.capsize": 2,
    "lines.linewidth": 1.2,
    "lines.markersize": 5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a dollar sign stays one, and begins no formula
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
    "svg.hashsalt": "simclr-ablations",  # the same figure gives the same bytes
}
PIXELS_AN_INCH = 200
"""The resolution of PNG files."""

WIDTH = 6.8
"""The width of a figure in inches: two columns of the paper, so that text is printed at its size here, 7 points or
more."""

COLORS = ("#176d9c", "#c38820", "#158a6a", "#ba611b", "#c283b6", "#bd916e", "#f2b8e0", "#949494")
"""The colours of the paper's bars: seaborn's ``colorblind``, desaturated to 0.75."""
HATCHES = ("", "////", "....", "\\\\\\\\", "----", "ooo", "+++", "||||")
"""The hatches of bars, so that bars differ in more than their colour."""
MARKERS = "o*XsD^vP"


class Look(NamedTuple):
    """The look of a value of a series."""

    color: str
    marker: str
    hatch: str


def look(rank: int) -> Look:
    """The look of a value by its rank. When the colours repeat, markers and hatches are shifted by one, so that 64
    values look different."""
    moved = rank + rank // len(COLORS)
    return Look(COLORS[rank % len(COLORS)], MARKERS[moved % len(MARKERS)], HATCHES[moved % len(HATCHES)])


ERROR = "#424242"
"""The colour of error bars."""
BOLD_LETTER, LEADING = 0.66, 1.2
"""The mean width of a bold letter, and the height of a line, as parts of the font size."""
GREY = "#666666"
"""The colour of the paper's numbers beside one's own."""
EMPTY = "#9a9a9a"
"""The colour of places without a value."""


def bold_lines(text: str, inches: float, size: float) -> list[str]:
    """The lines of a bold text of a font size in points, each at most ``inches`` wide."""
    return textwrap.wrap(text, max(1, int(72 * inches / (BOLD_LETTER * size)))) or [""]


def set_heading(figure: Figure, text: str, size: float = 9) -> Text:
    """Writes a heading above the whole figure, and returns it. A heading of several lines makes the figure higher."""
    lines = bold_lines(text, figure.get_figwidth(), size)
    figure.set_figheight(figure.get_figheight() + (len(lines) - 1) * LEADING * size / 72)
    return figure.suptitle("\n".join(lines), fontsize=size, fontweight="bold")


@contextmanager
def house_style(text: str = "") -> Iterator[None]:
    """Applies the style to all figures of a block, in the place of the user's own settings of Matplotlib.

    ``text`` has all characters that the figures may show; the fonts are chosen for them. ``Fonts.note`` names the
    characters that no installed font has.
    """
    families = {"font.family": list(fonts_for(text).families)}
    font_logger = logging.getLogger("matplotlib.font_manager")
    with plt_style.context(["default", STYLE | families]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        font_logger.addFilter(_is_no_weight)
        try:
            yield
        finally:
            font_logger.removeFilter(_is_no_weight)


def _is_no_weight(record: logging.LogRecord) -> bool:
    """Drops the warning that a font has no bold letters, as most fonts with Chinese characters; lets all others
    pass."""
    return "Failed to find font weight" not in record.getMessage()


DATELESS: dict[str, dict[str, None]] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata of the files that a figure is saved as, so that the same results give the same files."""


def save_figure(figure: Figure, folder: Path, name: str, suffixes: Iterable[str] = tuple(DATELESS)) -> list[Path]:
    """Saves a figure as PNG, SVG and PDF without dates, and returns the paths.

    The layout is computed here and kept: each file would compute it again, which takes longer than to draw it.
    """
    if figure.get_layout_engine() is not None:
        _lay_out(figure)
    paths = [folder / f"{name}.{suffix}" for suffix in suffixes]
    for path in paths:
        figure.savefig(path, dpi=PIXELS_AN_INCH, metadata=DATELESS[path.suffix[1:]])
    return paths


def _lay_out(figure: Figure) -> None:
    """Lay out and keep the places.

    Ticks are kept first: how many there are depends on the size of their axes and on the resolution of the file.
    """
    figure.set_dpi(PIXELS_AN_INCH)
    figure.draw_without_rendering()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(axis.get_major_locator(), MaxNLocator | LogLocator):
            low, high = sorted(axis.get_view_interval())
            axis.set_major_locator(FixedLocator([at for at in axis.get_majorticklocs() if low <= at <= high]))
    figure.draw_without_rendering()
    figure.set_layout_engine(None)

"""How all figures look, and how they are saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.style as plt_style
from matplotlib.figure import Figure

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
    "svg.hashsalt": "simclr-ablations",  # the same figure gives the same bytes
}
PIXELS_AN_INCH = 200


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's settings for the time of a block, whatever the user's own are."""
    with plt_style.context(["default", STYLE]):
        yield


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """PNG, SVG and PDF without dates, so that the same results give the same files."""
    dateless = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    paths = []
    for suffix, metadata in dateless.items():
        path = folder / f"{name}.{suffix}"
        figure.savefig(path, dpi=PIXELS_AN_INCH, metadata=metadata)
        paths.append(path)
    return paths

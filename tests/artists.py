"""Reads back the numbers of what Matplotlib has drawn."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection
from matplotlib.lines import Line2D


def x_of(line: Line2D) -> np.ndarray:
    """x of a line's points, (N,)."""
    return np.asarray(line.get_xdata())


def y_of(line: Line2D) -> np.ndarray:
    """y of a line's points, (N,)."""
    return np.asarray(line.get_ydata())


def segments_of(ax: Axes) -> list[np.ndarray]:
    """Segments of the axes' error bars, (2, 2) each. Fails if the axes hold a collection of another kind."""
    collections = list(ax.collections)
    assert all(isinstance(collection, LineCollection) for collection in collections)
    return [
        np.asarray(part) for lines in collections if isinstance(lines, LineCollection) for part in lines.get_segments()
    ]


def marker_of(points: Collection) -> bytes:
    """Outline of a scatter plot's marker, to compare it with others."""
    return np.asarray(points.get_paths()[0].vertices).tobytes()

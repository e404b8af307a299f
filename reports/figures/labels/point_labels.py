"""Names beside points, placed so that they cover neither each other nor what is drawn."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection

from reports.cells.names import point_name
from reports.style import GREY

DIRECTIONS = ((1, -1), (1, 1), (-1, 1), (-1, -1), (0, -1), (0, 1), (1, 0), (-1, 0))
"""The directions from a point to its name (right, up), in the order in which they are tried: first below and to the
right, as in the paper."""
DISTANCES = (3, 9, 16, 24, 34)
"""The distances from a point to its name, in points of 1/72 inch. From the second on a thin line leads to the point."""
FARTHER = 0.01
"""The cost of each further distance, as a part of a name's area: less than the cost of covering something."""
REACH = 2.5
"""Half the side of the box of a point, or of a piece of a line, in points of 1/72 inch."""
CROSSED = 6
"""The cost of what a leader covers of a name, in what names cover of each other."""
CLEARLY = 2.0
"""How many times as far as its own point any other named point is from a name without a leader."""
LEADER_PIECES = 18
"""The pieces of a leader, so many that those of the longest one touch each other."""
ROUNDS = 4
"""The number of rounds; in each round a name may move away from the names that were placed after it."""

Boxes = np.ndarray
"""Boxes, float (n, 4), in pixels: left, bottom, right, top."""


def label_cells(ax: Axes, cells: pd.DataFrame, x: str, y: str, axes: list[str]) -> None:
    """Writes the names of cells beside their points: their ``label``, else their values on ``axes``.

    ``x`` and ``y`` are columns of ``cells``. The axes must have their final size and limits; see ``label_points``.
    """
    rows = cells.to_dict("records")
    labels = [row["label"] if isinstance(row.get("label"), str) else "" for row in rows]
    names = [label or point_name({axis: row[axis] for axis in axes}) for label, row in zip(labels, rows, strict=True)]
    label_points(ax, list(zip(cells[x], cells[y], strict=True)), names)


def label_points(ax: Axes, points: Sequence[tuple[float, float]], names: Sequence[str]) -> None:
    """Writes each name at the place at which it covers least.

    The axes must have their final size and limits: to be called after ``Figure.draw_without_rendering``.
    """
    if not names:
        return
    figure = ax.get_figure(root=True)
    assert figure is not None
    FigureCanvasAgg(figure)
    scale = figure.dpi / 72
    places = [(direction, distance) for distance in DISTANCES for direction in DIRECTIONS]
    anchors = ax.transData.transform(np.asarray(points, dtype=float))
    candidates = [
        np.array([_box(anchor, size, direction, distance * scale) for direction, distance in places])
        for anchor, size in zip(anchors, _sizes(ax, names), strict=True)
    ]
    leaders = [_leaders(anchor, boxes, scale) for anchor, boxes in zip(anchors, candidates, strict=True)]
    drawn = _drawn(ax, scale)
    fixed = [_fixed_costs(boxes, drawn, ax) for boxes in candidates]
    for costs, boxes, anchor in zip(fixed, candidates, anchors, strict=True):
        costs += _misread(boxes, anchor, anchors)
    for point, name, place in zip(points, names, _chosen(candidates, leaders, fixed), strict=True):
        _write(ax, point, name, *places[place])


def _chosen(candidates: list[Boxes], leaders: list[np.ndarray], fixed: list[np.ndarray]) -> list[int]:
    """The number of the place that is chosen for each name. ``leaders`` are (places, pieces, 4), ``fixed`` the costs
    that do not depend on the other names, (places,)."""
    chosen: dict[int, int] = {}
    for number in [*range(len(candidates))] * ROUNDS:
        others = {other: place for other, place in chosen.items() if other != number}
        names = np.array([candidates[other][place] for other, place in others.items()]).reshape(-1, 4)
        lines = np.array([leaders[other][place] for other, place in others.items()]).reshape(-1, 4)
        own = leaders[number].reshape(-1, 4)
        meeting, crossed = (_overlaps(own, drawn).sum(axis=1).reshape(-1, LEADER_PIECES) for drawn in (lines, names))
        covered = _overlaps(candidates[number], names).sum(axis=1) + meeting.sum(axis=1)
        covered += CROSSED * (crossed.sum(axis=1) + _overlaps(candidates[number], lines).sum(axis=1))
        chosen[number] = int(np.argmin(fixed[number] + 2 * covered))
    return [chosen[number] for number in range(len(candidates))]


def _leaders(anchor: np.ndarray, boxes: Boxes, scale: float) -> np.ndarray:
    """The boxes of the pieces of the line from a point to each of its places, (places, pieces, 4); those of the nearest
    places, which have no line, are empty."""
    ends = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
    along = np.linspace(0, 1, LEADER_PIECES)[None, :, None]
    middles = anchor + (ends - anchor)[:, None, :] * along
    reach = np.where(np.arange(len(boxes)) < len(DIRECTIONS), 0.0, scale)[:, None, None]
    return np.concatenate([middles - reach, middles + reach], axis=-1)


def _fixed_costs(boxes: Boxes, drawn: Boxes, ax: Axes) -> np.ndarray:
    """The cost of each place that does not depend on the other names: covered area, area outside of the frame, and
    distance; (places,), in square pixels."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    outside = area - _overlaps(boxes, np.array([ax.bbox.extents]))[:, 0]
    far = FARTHER * area * (np.arange(len(boxes)) // len(DIRECTIONS))
    return np.asarray(_overlaps(boxes, drawn).sum(axis=1) + 2 * outside + far)


def _misread(boxes: Boxes, own: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """The cost of the places without a leader where a name would be read as that of another named point: the area of
    the name where one is less than ``CLEARLY`` times as far from it as its own, (places,), in square pixels."""
    others = anchors[(anchors != own).any(axis=1)]
    gaps = np.array([_gaps(boxes, other) for other in others]).reshape(-1, len(boxes))
    taken = (gaps < CLEARLY * _gaps(boxes, own)).any(axis=0) & (np.arange(len(boxes)) < len(DIRECTIONS))
    return np.asarray(taken * (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _gaps(boxes: Boxes, anchor: np.ndarray) -> np.ndarray:
    """The distance from a point to each box, (places,), in pixels."""
    return np.asarray(np.hypot(*(anchor - np.clip(anchor, boxes[:, :2], boxes[:, 2:])).T))


def _overlaps(one: Boxes, other: Boxes) -> np.ndarray:
    """The common area of every two boxes, (n, m), in square pixels."""
    width = np.minimum(one[:, None, 2], other[None, :, 2]) - np.maximum(one[:, None, 0], other[None, :, 0])
    height = np.minimum(one[:, None, 3], other[None, :, 3]) - np.maximum(one[:, None, 1], other[None, :, 1])
    return np.asarray(width.clip(0) * height.clip(0))


def _box(anchor: np.ndarray, size: tuple[float, float], direction: tuple[int, int], distance: float) -> list[float]:
    """The box of a name whose nearest corner or side is at a distance from the anchor, in pixels."""
    left, bottom = (
        at + step * distance - length * (1 - step) / 2 for at, step, length in zip(anchor, direction, size, strict=True)
    )
    return [left, bottom, left + size[0], bottom + size[1]]


def _write(ax: Axes, point: tuple[float, float], name: str, direction: tuple[int, int], distance: float) -> None:
    across, along = (
        {-1: "right", 0: "center", 1: "left"}[direction[0]],
        {-1: "top", 0: "center", 1: "bottom"}[direction[1]],
    )
    ax.annotate(
        name,
        point,
        (distance * direction[0], distance * direction[1]),
        textcoords="offset points",
        fontsize=7,
        horizontalalignment=across,
        verticalalignment=along,
        arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": REACH}
        if distance > DISTANCES[0]
        else None,
    )


def _sizes(ax: Axes, names: Sequence[str]) -> list[tuple[float, float]]:
    """The width and height of each name, in pixels."""
    found = []
    for name in names:
        text = ax.text(0, 0, name, fontsize=7, transform=ax.transAxes)
        extent = text.get_window_extent()
        text.remove()
        found.append((extent.width, extent.height))
    return found


def _drawn(ax: Axes, scale: float) -> Boxes:
    """The boxes of everything that a name could cover; lines are cut into pieces."""
    reach = REACH * scale
    pieces = [piece for path, joined in _paths(ax) for piece in (_along(path, reach) if joined else path)]
    boxes = [[x - reach, y - reach, x + reach, y + reach] for x, y in pieces]
    if legend := ax.get_legend():
        boxes.append(list(legend.get_window_extent().extents))
    return np.array(boxes).reshape(-1, 4)


def _paths(ax: Axes) -> Iterator[tuple[np.ndarray, bool]]:
    """The vertices (n, 2) of everything drawn, in pixels, and whether they are joined by a line."""
    for line in ax.lines:
        xy = line.get_transform().transform(np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
        known = xy[np.isfinite(xy).all(axis=1)]
        yield known, False
        if line.get_linestyle() not in ("None", "", " "):
            yield known, True  # its points count twice: a marker is worse to cover than a line
    for collection in ax.collections:
        if isinstance(collection, LineCollection):
            for segment in collection.get_segments():
                yield ax.transData.transform(segment), True
        elif isinstance(collection, PathCollection):
            yield ax.transData.transform(np.asarray(collection.get_offsets())), False


def _along(path: np.ndarray, step: float) -> Iterator[np.ndarray]:
    """Points along a line, including its ends, at most two steps apart."""
    yield from path[:1]
    for start, end in pairwise(path):
        count = max(1, math.ceil(float(np.hypot(*(end - start))) / (2 * step)))
        yield from (start + (end - start) * (number / count) for number in range(1, count + 1))

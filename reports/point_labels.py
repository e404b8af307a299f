"""Names beside points, where they cover neither each other nor a point."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from reports.names import point_name

Offset = tuple[float, float, str, str]
PLACES: tuple[Offset, ...] = (
    (3, -3, "left", "top"),
    (3, 3, "left", "bottom"),
    (-3, 3, "right", "bottom"),
    (-3, -3, "right", "top"),
    (0, -5, "center", "top"),
    (0, 5, "center", "bottom"),
    (6, 0, "left", "center"),
    (-6, 0, "right", "center"),
    (0, -13, "center", "top"),
    (0, 13, "center", "bottom"),
)
"""Offsets in points and alignments, tried in this order; below to the right as in the paper comes first."""
REACH = 2.5
"""Half a point's side, in points of 1/72 inch."""


def label_cells(ax: Axes, cells: pd.DataFrame, x: str, y: str, axes: list[str]) -> None:
    """``x`` and ``y`` are columns of ``cells``. A point is named by its ``label``, or by its values of ``axes``."""
    rows = cells.to_dict("records")
    labels = [row["label"] if isinstance(row.get("label"), str) else "" for row in rows]
    names = [label or point_name({axis: row[axis] for axis in axes}) for label, row in zip(labels, rows, strict=True)]
    label_points(ax, list(zip(cells[x], cells[y], strict=True)), names)


def label_points(ax: Axes, points: Sequence[tuple[float, float]], names: Sequence[str]) -> None:
    """Each name at the first of ``PLACES`` that is free, or the one that covers least. The axes must have their final
    size and limits: call it after ``Figure.draw_without_rendering``."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    FigureCanvasAgg(figure)
    scale = figure.dpi / 72
    taken = [_square(ax, point, REACH * scale) for point in points]
    for point, name in zip(points, names, strict=True):
        text = ax.annotate(name, point, textcoords="offset points", xytext=(0, 0), fontsize=7)
        boxes = []
        for place in PLACES:
            _move(text, place)
            boxes.append(text.get_window_extent())
        costs = [_cost(box, taken, ax.bbox) for box in boxes]
        best = min(range(len(PLACES)), key=costs.__getitem__)
        _move(text, PLACES[best])
        taken.append(boxes[best])


def _move(text: Annotation, place: Offset) -> None:
    x, y, across, along = place
    text.set(position=(x, y), horizontalalignment=across, verticalalignment=along)


def _square(ax: Axes, point: tuple[float, float], reach: float) -> Bbox:
    x, y = ax.transData.transform(point)
    return Bbox.from_extents(x - reach, y - reach, x + reach, y + reach)


def _cost(box: Bbox, taken: Sequence[Bbox], frame: Bbox) -> float:
    """Area covered, of other names and points and outside of the frame."""
    inside = Bbox.intersection(box, frame)
    outside = box.width * box.height - (inside.width * inside.height if inside else 0)
    covered = [Bbox.intersection(box, other) for other in taken]
    return outside + sum(overlap.width * overlap.height for overlap in covered if overlap)

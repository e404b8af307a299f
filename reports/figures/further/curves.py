"""Learning curves of all trainings of a study, a box for each cell, all on the same axes."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from reports.cells.metric_names import label_of
from reports.figures.further.boxes import Boxes, boxes_of, draw_boxes, inner
from reports.figures.labels.short_names import LETTERS_AN_INCH, folded, letters
from reports.figures.labels.ticks import panel_width
from reports.study_report import StudyReport
from reports.style import COLORS, WIDTH, set_heading

Curve = Mapping[str, np.ndarray]
"""The values of a training after each epoch, by the name of the metric; NaN if there is none."""
MOST_POINTS, FEWEST_POINTS, ALL_POINTS = 100, 10, 20_000
"""The most and the fewest points of a curve that are drawn, evenly spaced, and the most of a metric between them."""
MOST_BESIDE = 8
"""The most columns of boxes, of all metrics together, with which the metrics are beside each other."""
LOWEST_ROW, ROOM = 0.3, 0.75
"""Inches of a row of boxes, and of a block's names."""
USUAL = 0.99
"""The part of all values that the vertical axis has room for; higher ones are drawn at its end."""


def draw_curves(report: StudyReport) -> Figure | None:
    """Draws the curves; None if no training has two epochs."""
    curves = {trial_id: curve for trial_id, curve in report.curves.items() if len(curve["loss"]) > 1}
    if not curves:
        return None
    table = report.table[report.table["baseline"] == ""]
    grid = table[table["trial_id"].isin(list(curves))]
    grid = grid.assign(**grid[report.axes].astype(str))
    metrics = _metrics(curves)
    boxes = boxes_of(report, grid)
    lines = {place: [curves[one] for one in ids] for place, ids in _trials(boxes, grid)}
    stacked = len(boxes.columns) * len(metrics) > MOST_BESIDE
    height = max(LOWEST_ROW * len(boxes.rows), letters(boxes.row_axis or "") / LETTERS_AN_INCH) + ROOM
    figure = Figure(figsize=(WIDTH, 0.3 + height * (len(metrics) if stacked else 1)), layout="constrained")
    set_heading(figure, report.heading)
    shape = (len(metrics), 1) if stacked else (1, len(metrics))
    for number, (ax, metric) in enumerate(zip(figure.subplots(*shape, squeeze=False).flat, metrics, strict=True)):
        is_last = number == len(metrics) - 1
        draw_boxes(ax, boxes, named_rows=stacked or number == 0, named_columns=is_last or not stacked)
        _draw_metric(ax, lines, metric)
    return figure


def curves_caption(report: StudyReport) -> str:
    """The caption, in sentences."""
    epochs = max(len(curve["loss"]) for curve in report.curves.values())
    return (
        f"Learning curves, from epoch 1 to {epochs}: a line for each training. All boxes of a metric have the same "
        "axes; the ends of the vertical one are given. The highest hundredth of the values is drawn at its upper end."
    )


def _metrics(curves: Mapping[str, Curve]) -> list[str]:
    """The loss, and all accuracies that some training has."""
    found = dict.fromkeys(name for curve in curves.values() for name in curve)
    return ["loss", *(name for name in found if name.endswith("top1"))]


def _trials(boxes: Boxes, grid: pd.DataFrame) -> Iterator[tuple[tuple[int, int], list[str]]]:
    """The ids of the trials in each box, by row and column."""
    for row, up in enumerate(boxes.rows):
        for column, across in enumerate(boxes.columns):
            yield (row, column), list(boxes.of(grid, up, across)["trial_id"])


def _draw_metric(ax: Axes, lines: Mapping[tuple[int, int], list[Curve]], metric: str) -> None:
    every = np.concatenate([curve[metric] for curves in lines.values() for curve in curves if metric in curve])
    known = every[np.isfinite(every)]
    low, high = (float(known.min()), float(np.quantile(known, USUAL))) if len(known) else (0.0, 1.0)
    epochs = max(len(curve["loss"]) for curves in lines.values() for curve in curves)
    points = int(np.clip(ALL_POINTS / sum(map(len, lines.values())), FEWEST_POINTS, MOST_POINTS))
    paths = []
    for place, curves in lines.items():
        left, right, bottom, top = inner(*place)
        for curve in curves:
            values = curve.get(metric, np.array([]))
            shown = np.flatnonzero(np.isfinite(values))
            shown = shown[np.linspace(0, len(shown) - 1, min(len(shown), points)).astype(int)]
            x = left + (right - left) * shown / max(1, epochs - 1)
            share = ((values[shown] - low) / ((high - low) or 1.0)).clip(0, 1)
            paths.append(np.column_stack([x, bottom + (top - bottom) * share]))
    ax.add_collection(LineCollection(paths, colors=COLORS[0], linewidths=0.8, alpha=0.7))
    single = np.array([path[0] for path in paths if len(path) == 1]).reshape(-1, 2)
    ax.scatter(single[:, 0], single[:, 1], s=4, color=COLORS[0], alpha=0.7)
    _name(ax, label_of(f"pretrain/{metric}"), f"{low:.3g} to {high:.3g}")


def _name(ax: Axes, label: str, ends: str) -> None:
    """The title, on lines that do not run into the next panel."""
    room = int(LETTERS_AN_INCH * panel_width(ax))
    fits = letters(f"{label}: {ends}") <= room
    ax.set_title(f"{label}: {ends}" if fits else f"{folded(label, room)}:\n{ends}")

"""A picture of the views: for each cell the two views of the same images, in the places of the grid."""

import numpy as np
from matplotlib.figure import Figure

from reports.figures.colours import in_colours
from reports.figures.further.boxes import boxes_of, draw_boxes, inner
from reports.study_report import StudyReport
from reports.style import WIDTH, set_heading

GAP = 1
"""Pixels between two views."""
NAMES = 1.1
"""Inches of the names of rows, and of heading and names of columns."""
WIDEST = 2.4
"""The largest width of a box in inches."""
CAPTION = (
    "Of each cell, the two views of the same training images: a column is a positive pair. The images and the draws "
    "are fixed, and are none of the training's own."
)


def draw_views(report: StudyReport) -> Figure | None:
    """Draws the views; None if the report has none."""
    if not report.views:
        return None
    table = report.table[report.table["trial_id"].isin(list(report.views))]
    table = table.assign(**table[report.axes].astype(str))
    boxes = boxes_of(report, table)
    pictures = {
        (row, column): mosaic(report.views[found["trial_id"].iloc[0]])
        for row, up in enumerate(boxes.rows)
        for column, across in enumerate(boxes.columns)
        if len(found := boxes.of(table, up, across))
    }
    high, wide = next(iter(pictures.values())).shape[:2]
    width = min(WIDEST, (WIDTH - NAMES) / len(boxes.columns))
    height = width * high / wide * len(boxes.rows)
    figure = Figure(figsize=(NAMES + width * len(boxes.columns), NAMES + height), layout="constrained")
    set_heading(figure, report.heading)
    ax = figure.subplots()
    draw_boxes(ax, boxes)
    for place, picture in pictures.items():
        ax.imshow(picture, extent=inner(*place), interpolation="nearest", aspect="auto", zorder=1)
    ax.set(xlim=(0, len(boxes.columns)), ylim=(len(boxes.rows), 0))
    return figure


def mosaic(views: np.ndarray) -> np.ndarray:
    """The views (2, images, C, S, S) as one picture (rows, columns, 3) with a white line between them."""
    framed = np.pad(in_colours(views), [(0, 0)] * 3 + [(0, GAP)] * 2, constant_values=255)
    whole = framed.transpose(0, 3, 1, 4, 2).reshape(2 * framed.shape[3], -1, 3)
    return whole[:-GAP, :-GAP]

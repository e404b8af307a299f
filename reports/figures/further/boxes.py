"""The boxes of small multiples: a row and a column for each value of two axes of the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from reports.cells.names import axis_name
from reports.cells.summary import ordered
from reports.figures.labels.short_names import SLANTED, folded, turn
from reports.figures.labels.ticks import SLANTING, panel_width
from reports.study_report import StudyReport

GROUND = "#f2f2f2"
INSIDE = 0.92
"""The width and the height of a box, as a part of its place."""


@dataclass(frozen=True)
class Boxes:
    """The places of the grid's cells. A box has all cells with the same values of its two axes."""

    row_axis: str | None
    column_axis: str | None
    rows: list[str]
    """The values of the first axis; one empty value if there is none."""
    columns: list[str]
    """The values of the second axis."""
    filled: list[tuple[int, int]]
    """The boxes, by row and column, that the grid has trials for, also without a result."""

    def of(self, table: pd.DataFrame, row: str, column: str) -> pd.DataFrame:
        """The trials in a box."""
        for axis, value in ((self.row_axis, row), (self.column_axis, column)):
            table = table[table[axis] == value] if axis else table
        return table


def boxes_of(report: StudyReport, grid: pd.DataFrame) -> Boxes:
    """Boxes for the two axes that have most values, in the order of the grid. A single axis has the rows."""
    counts = {axis: grid[axis].nunique() for axis in report.axes}
    most = sorted((axis for axis in report.axes if counts[axis] > 1), key=lambda axis: -counts[axis])[:2]
    row_axis, column_axis, *_ = [*(axis for axis in report.axes if axis in most), None, None]
    rows, columns = ordered(grid, row_axis), ordered(grid, column_axis)
    every = report.table[report.table["baseline"] == ""]
    pairs = set(zip(_on(every, row_axis), _on(every, column_axis), strict=True))
    filled = [(i, j) for i, row in enumerate(rows) for j, column in enumerate(columns) if (row, column) in pairs]
    return Boxes(row_axis, column_axis, rows, columns, filled)


def _on(table: pd.DataFrame, axis: str | None) -> list[str]:
    """The values of trials on an axis; empty ones if there is no axis."""
    return table[axis].astype(str).tolist() if axis else [""] * len(table)


def inner(row: int, column: int) -> tuple[float, float, float, float]:
    """The left, right, lower and upper end of a box; rows are counted from above."""
    gap = (1 - INSIDE) / 2
    return column + gap, column + 1 - gap, row + 1 - gap, row + gap


def draw_boxes(ax: Axes, boxes: Boxes, named_rows: bool = True, named_columns: bool = True) -> None:
    """Draws empty boxes, with the names of rows and columns."""
    gap = (1 - INSIDE) / 2
    grounds = [Rectangle((column + gap, row + gap), INSIDE, INSIDE) for row, column in boxes.filled]
    ax.add_collection(PatchCollection(grounds, facecolor=GROUND, linewidth=0, zorder=0))
    ax.set(xlim=(0, len(boxes.columns)), ylim=(len(boxes.rows), 0))
    columns = _names(boxes.columns) if boxes.column_axis and named_columns else []
    turned = turn(columns, panel_width(ax)) if columns else 0.0
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns, **SLANTING if turned == SLANTED else {"rotation": turned})
    rows = _names(boxes.rows) if boxes.row_axis and named_rows else []
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.set_xlabel(axis_name(boxes.column_axis) if columns and boxes.column_axis else "")
    ax.set_ylabel(axis_name(boxes.row_axis) if rows and boxes.row_axis else "")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _names(values: Sequence[str]) -> list[str]:
    return [folded(value) or "–" for value in values]

"""The numbers of a figure as text, and as rows of a CSV file."""

import math

import pandas as pd

from reports.cells.baselines import placed
from reports.cells.matrix import Matrix
from reports.cells.names import OUTSIDE, PAPERS
from reports.cells.summary import HERE, LABEL, PAPER, of, values_of, why_empty
from reports.paper.numbers import PaperMatrix

AVERAGE = "average"


def formatted(matrix: Matrix) -> pd.DataFrame:
    """The cells as text: ``56.3``, ``56.3 ± 0.4`` over several seeds, ``failed``, ``stopped at epoch 10``, or empty."""
    parts = (matrix.mean, matrix.spread, matrix.state, matrix.stopped_at)
    rows = zip(*(part.to_numpy().tolist() for part in parts), strict=True)
    cells = [[_cell(*cell) for cell in zip(*row, strict=True)] for row in rows]
    texts = pd.DataFrame(cells, index=matrix.mean.index, columns=matrix.mean.columns)
    return texts.assign(**{AVERAGE: [mean_text(value, math.nan) for value in matrix.row_average.tolist()]})


def _cell(mean: float, spread: float, state: str, stopped_at: float) -> str:
    return why_empty(state, stopped_at) if math.isnan(mean) else mean_text(mean, spread)


def mean_text(mean: float, spread: float, digits: str = ".1f") -> str:
    """A mean as text: ``56.3 ± 0.4``, ``56.3`` if the spread is not known, or empty if the mean is not."""
    if math.isnan(mean):
        return ""
    return f"{mean:{digits}}" if math.isnan(spread) else f"{mean:{digits}} ± {spread:{digits}}"


def rows_and_columns(axes: list[str], across: str | None) -> tuple[list[str], str | None]:
    """The axes of the rows and the axis of the columns, if ``across`` is to be the latter; an only axis is in the
    rows."""
    rows = [axis for axis in axes if axis != across]
    return (rows, across) if rows else (axes, None)


def pivoted(data: pd.DataFrame, rows: list[str], columns: str | None) -> pd.DataFrame:
    """The cells of one metric as text: one's own rows, then the baselines, then the paper's rows.

    ``data`` is as in ``reports.cells.summary``. Rows are named by their values on the axes ``rows``.
    """
    ours, theirs = (_wide(of(data, source), rows, columns, end) for source, end in ((HERE, ""), (PAPER, PAPERS)))
    parts = [ours, baseline_texts(data, columns), theirs]
    return pd.concat([part for part in parts if len(part)]).fillna("")


def baseline_texts(data: pd.DataFrame, columns: str | None) -> pd.DataFrame:
    """The baselines of one metric as text, a row each; ``data`` and ``columns`` as in ``pivoted``. Empty where a column
    has no cell with the baseline's scoring."""
    cells = placed(data, columns)
    return _wide(cells, [LABEL], columns, OUTSIDE) if len(cells) else pd.DataFrame()


def _wide(cells: pd.DataFrame, rows: list[str], columns: str | None, ending: str) -> pd.DataFrame:
    told = cells[["mean", "spread", "state", "stopped_at"]]
    texts = [_cell(*cell) for cell in told.itertuples(index=False, name=None)]
    names = [", ".join(map(str, row)) + ending for row in cells[rows].itertuples(index=False, name=None)]
    across = list(cells[columns]) if columns else ["mean"] * len(cells)
    long = pd.DataFrame({"row": names, "column": across, "text": texts})
    wide = long.pivot(index="row", columns="column", values="text")
    return wide.reindex(index=values_of(long, "row"), columns=values_of(long, "column")).rename_axis(
        index=None, columns=None
    )


def tidy(matrix: Matrix, paper: PaperMatrix | None, rows: str, columns: str) -> pd.DataFrame:
    """The cells of a heatmap, one row each: enough to draw the figure again."""
    parts = {"mean": matrix.mean, "spread": matrix.spread, "seeds": matrix.count, "state": matrix.state}
    parts["stopped_at"] = matrix.stopped_at
    if paper is not None:
        parts["paper"] = paper.values.reindex(index=matrix.mean.index, columns=matrix.mean.columns)
    stacked = {name: part.stack(future_stack=True) for name, part in parts.items()}
    return pd.DataFrame(stacked).rename_axis([rows, columns]).reset_index().assign(source=HERE)

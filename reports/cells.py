"""Which trials are behind a cell of a table."""

from typing import Any

import pandas as pd

Cells = dict[tuple[str, str], list[dict[str, Any]]]
"""By the names of row and column."""


def trials_by_cell(table: pd.DataFrame, texts: pd.DataFrame, rows: list[str], columns: str | None) -> Cells:
    """``rows`` are the axes that name the rows of ``texts``, their values joined by commas; ``columns`` is the axis
    whose values are columns, or None where all columns are of the row's trials. Other columns, such as an average,
    have no trials of their own; nothing has where ``rows`` is empty."""
    cells: Cells = {}
    for trial in table[table["baseline"] == ""].to_dict("records") if rows else []:
        row = ", ".join(str(trial[axis]) for axis in rows)
        for column in [str(trial[columns])] if columns else map(str, texts.columns):
            cells.setdefault((row, column), []).append({str(name): value for name, value in trial.items()})
    return cells

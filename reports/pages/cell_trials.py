"""The trials behind each cell of a page's table."""

from typing import Any

import pandas as pd

from reports.cells.metric_names import label_of
from reports.cells.names import OUTSIDE, whole_name
from reports.cells.scoring import SCORED_BY
from reports.specs import Report

Trials = list[dict[str, Any]]
NO_VALUE = "–"
"""The name of the column of trials that have no value on the axis of the columns."""


def trials_by_cell(
    table: pd.DataFrame, texts: pd.DataFrame, rows: list[str], columns: str | None
) -> dict[tuple[str, str], Trials]:
    """The trials behind each cell of a table of texts, by the names of row and column.

    ``rows`` are the axes that name the rows of ``texts``, by their values with commas between them; without ``rows``
    no cell has trials. ``columns`` is the axis whose values begin the names of the columns; if it is None, each column
    has all trials of its row. A baseline's trials are in each column where its row has a text. Other rows and columns,
    such as the paper's and an average, have no trials.
    """
    cells: dict[tuple[str, str], Trials] = {}
    for trial in table[table["baseline"] == ""].to_dict("records") if rows else []:
        values = [str(trial[axis]) for axis in rows]
        names = {", ".join(values), ", ".join(filter(None, values)), whole_name(values)}
        across = str(trial[columns]) or NO_VALUE if columns else None
        for column in map(str, texts.columns):
            if across is None or column == across or column.startswith(f"{across}, "):
                for name in names:
                    cells.setdefault((name, column), []).append({str(key): value for key, value in trial.items()})
    for trial in table[table["baseline"] != ""].to_dict("records"):
        names = {trial["baseline"] + OUTSIDE, f"{trial['baseline']}, {trial.get(SCORED_BY)}{OUTSIDE}"}
        for row, *shown in texts[texts.index.isin(names)].itertuples(name=None):
            for column in (column for column, text in zip(map(str, texts.columns), shown, strict=True) if text):
                cells.setdefault((row, column), []).append({str(key): value for key, value in trial.items()})
    return cells


def metric_of(column: str, spec: Report) -> str:
    """The metric that a column shows: the one whose label ends the column's name, else the metric of the claims."""
    labels: dict[str, str] = getattr(spec, "labels", {})
    for metric in getattr(spec, "metrics", []):
        if f", {column}".endswith(f", {labels.get(metric, label_of(metric))}"):
            return str(metric)
    return spec.metric

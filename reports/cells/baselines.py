"""The baselines of a study: trials outside the grid, such as random weights.

A baseline has one number. It is compared with every cell that has its scoring, and so stands beside them in each column
of a table and in each panel of a figure that has such a cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from reports.cells.scoring import SCORED_BY
from reports.cells.summary import BASELINES, HERE, LABEL, of, summarise_baselines


@dataclass(frozen=True)
class Baseline:
    """A trial outside the grid."""

    name: str
    mean: float
    """The mean over the seeds that are done."""
    scored_by: str = ""
    """The scoring; only cells with the same one are compared with the baseline."""


def baselines_of(table: pd.DataFrame, metric: str) -> list[Baseline]:
    """The baselines of a table of trials that have the metric, in the table's order."""
    return list(_known(summarise_baselines(table, [], metric)))


def baselines_beside(cells: pd.DataFrame, data: pd.DataFrame) -> list[Baseline]:
    """The baselines in ``data`` that some of ``cells`` are compared with; both are as in ``reports.cells.summary``."""
    scorings = set(of(cells, HERE)[SCORED_BY])
    return [one for one in _known(of(data, BASELINES)) if one.scored_by in scorings]


def placed(data: pd.DataFrame, axis: str | None) -> pd.DataFrame:
    """The cells of the baselines, each repeated for every value of an axis that has a cell with its scoring; once if
    there is no axis.

    ``data`` is as in ``reports.cells.summary``. A name ends with the scoring if some value of the axis has cells with
    several.
    """
    baselines, across = of(data, BASELINES), [axis] if axis else []
    if baselines.empty:
        return baselines
    places = of(data, HERE)[[*across, "metric", SCORED_BY]].drop_duplicates()
    if places.duplicated([*across, "metric"]).any():
        baselines = baselines.assign(**{LABEL: baselines[LABEL] + ", " + baselines[SCORED_BY]})
    return baselines.drop(columns=across).merge(places, on=["metric", SCORED_BY])


def unplaced_notes(data: pd.DataFrame) -> list[str]:
    """A sentence for each baseline whose scoring no cell has; ``data`` is as in ``reports.cells.summary``."""
    scorings = set(of(data, HERE)[SCORED_BY])
    return [
        f"{one.name}: {one.mean:.1f} by {one.scored_by or 'another protocol'}; no cell is scored so."
        for one in _known(of(data, BASELINES))
        if one.scored_by not in scorings
    ]


def _known(cells: pd.DataFrame) -> Iterator[Baseline]:
    """The baselines that have a mean."""
    for cell in cells.dropna(subset="mean").to_dict("records"):
        yield Baseline(str(cell[LABEL]), float(cell["mean"]), str(cell[SCORED_BY]))

"""How cells are scored: by which protocol, on which task and data set.

Numbers that are scored in different ways are drawn beside each other, and never compared: no best of them, no
difference, no order. A table of trials has the column ``scored_by``; trials of a table without it count as scored
alike.
"""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

SCORED_BY = "scored_by"
"""Protocol, task and data set in words, such as ``finetune, labels 0.01 on cifar10``."""
BOTH = " and "


@dataclass(frozen=True)
class Baseline:
    """A trial outside the grid."""

    name: str
    mean: float
    """Mean over its seeds that are done."""
    scored_by: str = ""
    """It is compared with cells that are scored so."""


def baselines_of(table: pd.DataFrame, metric: str) -> list[Baseline]:
    """Return the baselines of a table that have the metric, in its order."""
    rows = with_scoring(table[(table["baseline"] != "") & (table["state"] == "done")])
    if metric not in rows:
        return []
    means = rows.groupby(["baseline", SCORED_BY], sort=False)[metric].mean().dropna().reset_index()
    columns = means[["baseline", metric, SCORED_BY]].itertuples(index=False, name=None)
    return [Baseline(str(name), float(mean), str(scored_by)) for name, mean, scored_by in columns]


def with_scoring(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the column ``scored_by``, empty where it is not known."""
    known = table[SCORED_BY].fillna("") if SCORED_BY in table else ""
    return table.assign(**{SCORED_BY: known})


def joined(scorings: "pd.Series[str]") -> str:
    """Return how a mean over several trials is scored: ``frozen on cifar10 and finetune, labels 0.01 on cifar10``."""
    return BOTH.join(dict.fromkeys(scorings))


def scorings_of(cells: pd.DataFrame) -> list[str]:
    """Return the ways in which cells are scored, in their order."""
    return list(dict.fromkeys(cells[SCORED_BY]))


def scored_as(theirs: pd.DataFrame, ours: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """Return the paper's cells, each scored as one's own cells in the same place on the axes that choose the scoring.
    Other scales have other widths and epochs, and the same columns."""
    chosen = _deciding(ours, axes)
    if not chosen:
        return theirs.assign(**{SCORED_BY: next(iter(scorings_of(ours)), "")})
    known = ours[[*chosen, SCORED_BY]].drop_duplicates()
    return theirs.drop(columns=SCORED_BY, errors="ignore").merge(known, on=chosen, how="left").fillna({SCORED_BY: ""})


def _deciding(cells: pd.DataFrame, axes: list[str]) -> list[str]:
    """Return the fewest axes whose values decide how a cell is scored."""
    for count in range(len(axes) + 1):
        for some in combinations(axes, count):
            ways = cells.groupby(list(some))[SCORED_BY] if some else [((), cells[SCORED_BY])]
            if all(one.nunique() <= 1 for _, one in ways):
                return list(some)
    return axes

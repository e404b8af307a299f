"""The scoring of cells: the protocol, the task and the data set that a number comes from.

Numbers with different scorings are drawn beside each other, and never compared: there is no best of them, no
difference, no order. A table of trials has the column ``scored_by``; without it all its trials count as scored alike.
"""

from itertools import combinations

import pandas as pd

SCORED_BY = "scored_by"
"""The column with protocol, task and data set in words, such as ``finetune, labels 0.01 on cifar10``."""
BOTH = " and "
"""The word between the scorings of a mean that has several."""


def with_scoring(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the column ``scored_by``, empty if the scoring is not known."""
    known = table[SCORED_BY].fillna("") if SCORED_BY in table else ""
    return table.assign(**{SCORED_BY: known})


def joined(scorings: "pd.Series[str]") -> str:
    """The scoring of a mean over several trials: ``frozen on cifar10 and finetune, labels 0.01 on cifar10``."""
    return BOTH.join(dict.fromkeys(scorings))


def scorings_of(cells: pd.DataFrame) -> list[str]:
    """The different scorings of cells, in their order."""
    return list(dict.fromkeys(cells[SCORED_BY]))


def scored_as(theirs: pd.DataFrame, ours: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """The paper's cells, each with the scoring of one's own cells that have the same values on the axes that decide it.

    Only these axes count, since the paper's widths and epochs are other ones than those of a smaller scale.
    """
    chosen = _deciding(ours, axes)
    if not chosen:
        return theirs.assign(**{SCORED_BY: next(iter(scorings_of(ours)), "")})
    known = ours[[*chosen, SCORED_BY]].drop_duplicates()
    return theirs.drop(columns=SCORED_BY, errors="ignore").merge(known, on=chosen, how="left").fillna({SCORED_BY: ""})


def _deciding(cells: pd.DataFrame, axes: list[str]) -> list[str]:
    """The fewest axes whose values decide how a cell is scored."""
    for count in range(len(axes) + 1):
        for some in combinations(axes, count):
            ways = cells.groupby(list(some))[SCORED_BY] if some else [((), cells[SCORED_BY])]
            if all(one.nunique() <= 1 for _, one in ways):
                return list(some)
    return axes

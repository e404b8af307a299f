"""The choice of the best cells of a table, which are set bold."""

import math
from collections.abc import Hashable
from dataclasses import replace

import pandas as pd

from reports.cells.scoring import SCORED_BY, with_scoring
from reports.cells.summary import HERE
from reports.statistics.noise.differences import differences
from reports.statistics.page import Judged

RANKED = ("top1", "top5", "score", "mean_per_class", "map_11", "validation")
"""The last parts of the names of metrics that are better when higher; other metrics, such as an entropy, have no
best."""
AT_K = "top1_at_"
"""The beginning of the name of a top-1 accuracy at one of several k."""


def best_cells(study: Judged, data: pd.DataFrame, axes: list[str], by: list[str]) -> pd.Series:
    """Whether each of one's own cells is the best of its group, or cannot be told from the best.

    A group has the cells with the same values of ``by``, the same metric and the same scoring.

    A cell is told from the best where the 95 % interval of their difference, as verdicts estimate it, is above 0. None
    is True where that takes more seeds, or where no cell can be told from the best. ``axes`` are the columns of
    ``data`` that name a cell.
    """
    best = pd.Series(False, index=data.index)
    ours = with_scoring(data[data["source"] == HERE]).dropna(subset="mean")
    for _, group in ours.groupby(["metric", SCORED_BY, *by], sort=False):
        metric = str(group["metric"].iloc[0])
        if is_ranked(metric):
            rivals = _not_told_apart(replace(study, metric=metric), group.sort_values("mean", ascending=False), axes)
            best |= best.index.isin(rivals)
    return best


def _not_told_apart(study: Judged, ranked: pd.DataFrame, axes: list[str]) -> list[Hashable]:
    """The rows of the best and of those that cannot be told from it; none where that is not known, or is all."""
    cells = [{axis: str(row[axis]) for axis in axes} for row in ranked.to_dict("records")]
    found = differences(study, [(cells[0], other) for other in cells[1:]])
    if any(math.isnan(one.low) for one in found) or all(one.low <= 0 for one in found):
        return []
    return [ranked.index[0], *(row for row, one in zip(ranked.index[1:], found, strict=True) if one.low <= 0)]


def is_ranked(metric: str) -> bool:
    """Whether a metric is better when it is higher."""
    name = metric.rsplit("/", 1)[-1]
    return (name in RANKED or name.startswith(AT_K)) and not metric.startswith("pretrain/")

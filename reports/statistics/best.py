"""The choice of the best cells of a table, which are set bold."""

import math

import pandas as pd

from reports.cells.scoring import SCORED_BY, with_scoring
from reports.cells.summary import HERE

RANKED = ("top1", "top5", "score", "mean_per_class", "map_11", "validation")
"""The last parts of the names of metrics that are better when higher; other metrics, such as an entropy, have no
best."""
AT_K = "top1_at_"
"""The beginning of the name of a top-1 accuracy at one of several k."""


def best_cells(data: pd.DataFrame, by: list[str]) -> pd.Series:
    """Whether each cell is the best of its group.

    A group has one's own cells with the same values of ``by``, the same metric and the same scoring. It has no best
    cell if the lead of the first is within the standard error of the difference to the second, or if they are equal.
    With single seeds, as in the paper, the standard error is not known, and any lead counts.
    """
    best = pd.Series(False, index=data.index)
    for _, group in (
        with_scoring(data[data["source"] == HERE]).dropna(subset="mean").groupby(["metric", SCORED_BY, *by], sort=False)
    ):
        ranked = group.sort_values("mean", ascending=False, kind="stable")
        if len(ranked) > 1 and is_ranked(ranked["metric"].iloc[0]) and _leads(ranked.iloc[0], ranked.iloc[1]):
            best[ranked.index[0]] = True
    return best


def is_ranked(metric: str) -> bool:
    """Whether a metric is better when it is higher."""
    name = metric.rsplit("/", 1)[-1]
    return (name in RANKED or name.startswith(AT_K)) and not metric.startswith("pretrain/")


def _leads(first: "pd.Series[float]", second: "pd.Series[float]") -> bool:
    lead = first["mean"] - second["mean"]
    error = math.sqrt(first["spread"] ** 2 / first["seeds"] + second["spread"] ** 2 / second["seeds"])
    return bool(lead > (0 if math.isnan(error) else error))

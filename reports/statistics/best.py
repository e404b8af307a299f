"""Which cells of a table are the best."""

import math

import pandas as pd

from reports.cells.scoring import SCORED_BY, with_scoring
from reports.cells.summary import HERE

RANKED = ("top1", "top5", "score", "mean_per_class", "map_11", "validation")
"""Metrics of which more is better; of others, such as an entropy, none is the best."""
AT_K = "top1_at_"
"""Begins the name of a top-1 accuracy at one of several k."""


def best_cells(data: pd.DataFrame, by: list[str]) -> pd.Series:
    """Return True for the best of one's own cells among those that have the same values of ``by``, are of one metric
    and are scored alike, unless its lead over the next is within the standard error of their difference. For single
    seeds, as in the paper, that is not known, and the best is the best. Ties have none."""
    best = pd.Series(False, index=data.index)
    for _, group in (
        with_scoring(data[data["source"] == HERE]).dropna(subset="mean").groupby(["metric", SCORED_BY, *by], sort=False)
    ):
        ranked = group.sort_values("mean", ascending=False, kind="stable")
        if len(ranked) > 1 and is_ranked(ranked["metric"].iloc[0]) and _leads(ranked.iloc[0], ranked.iloc[1]):
            best[ranked.index[0]] = True
    return best


def is_ranked(metric: str) -> bool:
    """Whether more of a metric is better."""
    name = metric.rsplit("/", 1)[-1]
    return (name in RANKED or name.startswith(AT_K)) and not metric.startswith("pretrain/")


def _leads(first: "pd.Series[float]", second: "pd.Series[float]") -> bool:
    lead = first["mean"] - second["mean"]
    error = math.sqrt(first["spread"] ** 2 / first["seeds"] + second["spread"] ** 2 / second["seeds"])
    return bool(lead > (0 if math.isnan(error) else error))

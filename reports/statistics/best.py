"""The best of some cells, and the cells that cannot be told from it."""

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace

import pandas as pd

from reports.cells.metric_names import is_ranked
from reports.cells.scoring import SCORED_BY, with_scoring
from reports.cells.search import VALIDATION, Select
from reports.cells.summary import HERE, summarise
from reports.statistics.noise.differences import differences
from reports.statistics.page import Judged


@dataclass(frozen=True)
class Best:
    """The best of the cells that are scored alike."""

    cell: str
    """The values of its axes."""
    mean: float
    """The mean of the study's metric over seeds."""
    seeds: int
    """The number of seeds."""
    others: int
    """The number of the other cells."""
    rivals: list[tuple[str, float]] | None
    """The other cells that cannot be told from it, with their means, the highest first; None if that takes more
    seeds."""
    scored_by: str = ""
    """The scoring of the cells; see ``reports.cells.scoring``."""
    validation: float | None = None
    """The mean score on held-out training images, if the cell was chosen by it."""


def best_by_scoring(study: Judged, select: Select = "test") -> list[Best]:
    """The best cell of a study's grid, for each scoring; empty if no cell has a value, or if more is not better.

    It is chosen by the study's metric, or by the score on held-out training images: then the metric has no part in the
    choice, and rivals are told apart by that score.
    """
    if not is_ranked(study.metric) or not study.axes:
        return []
    cells = summarise(study.table, study.axes, study.metric).dropna(subset="mean")
    if select == "validation":
        return _by_validation(study, cells) if VALIDATION in study.table else []
    return [_best(study, group, group["mean"]) for _, group in cells.groupby(SCORED_BY, sort=False)]


def _by_validation(study: Judged, cells: pd.DataFrame) -> list[Best]:
    judged = replace(study, metric=VALIDATION)
    keys = [*study.axes, SCORED_BY]
    scores = summarise(study.table, study.axes, VALIDATION).set_index(keys)["mean"]
    found = []
    for _, group in cells.groupby(SCORED_BY, sort=False):
        score = pd.Series([scores.get(tuple(row), math.nan) for row in group[keys].to_numpy()], index=group.index)
        if score.notna().all():
            found.append(replace(_best(judged, group, score), validation=float(score.max())))
    return found


def _best(study: Judged, cells: pd.DataFrame, score: "pd.Series[float]") -> Best:
    """The best of some cells by a score; the study's metric is that of the score."""
    ranked = cells.loc[score.sort_values(ascending=False, kind="stable").index]
    rows = ranked.set_index(pd.RangeIndex(len(ranked))).to_dict("records")
    names = [", ".join(str(row[axis]) for axis in study.axes if row[axis]) for row in rows]
    found = not_told_apart(study, ranked, study.axes)
    rivals = None
    if found is not None:
        rivals = [(name, row["mean"]) for name, row, key in zip(names, rows, ranked.index, strict=True) if key in found]
    best = rows[0]
    return Best(names[0], best["mean"], int(best["seeds"]), len(rows) - 1, rivals, str(best[SCORED_BY]))


def best_cells(study: Judged, data: pd.DataFrame, axes: list[str], by: list[str]) -> pd.Series:
    """Whether each of one's own cells is the best of its group, or cannot be told from the best.

    A group has the cells with the same values of ``by``, the same metric and the same scoring. None of its cells is
    True if that takes more seeds, or if no cell can be told from the best. ``axes`` are the columns of ``data`` that
    name a cell.
    """
    best = pd.Series(False, index=data.index)
    ours = with_scoring(data[data["source"] == HERE]).dropna(subset="mean")
    for _, group in ours.groupby(["metric", SCORED_BY, *by], sort=False):
        metric, ranked = str(group["metric"].iloc[0]), group.sort_values("mean", ascending=False)
        rivals = not_told_apart(replace(study, metric=metric), ranked, axes) if is_ranked(metric) else None
        if rivals is not None and len(rivals) < len(ranked) - 1:
            best |= best.index.isin([ranked.index[0], *rivals])
    return best


def not_told_apart(study: Judged, ranked: pd.DataFrame, axes: list[str]) -> list[Hashable] | None:
    """The rows of the cells that cannot be told from the first; None if that takes more seeds.

    A cell is told from the best if the 95 % interval of their difference, as verdicts estimate it, is above 0.
    """
    cells = [{axis: str(row[axis]) for axis in axes} for row in ranked.to_dict("records")]
    found = differences(study, [(cells[0], other) for other in cells[1:]])
    if any(math.isnan(one.low) for one in found):
        return None
    return [row for row, one in zip(ranked.index[1:], found, strict=True) if one.low <= 0]

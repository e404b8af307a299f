"""Claims as contrasts of the cells' true means.

A contrast is a weighted sum of means whose weights add up to 0: a difference, a slope, a difference of differences. A
claim holds if ``max over rows (min over columns of contrast)`` is above its margin. So the best of some cells is better
than the best of others if some cell (a row) is better than each of the others (the columns). An order holds if each of
its steps (the columns of one row) is positive.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from reports.statistics.claims.kinds import (
    BetterClaim,
    Cells,
    InteractionClaim,
    OrderingClaim,
    Part,
    SimilarClaim,
    TrendClaim,
    Where,
)
from reports.statistics.claims.selection import (
    NotInGridError,
    any_of,
    axis_values,
    matched,
    matched_along,
    matching,
    with_values,
)


@dataclass(frozen=True)
class Question:
    """Contrasts of a grid's cells, and the margin that they must exceed."""

    weights: np.ndarray
    """The contrasts (rows * columns, cells): a weight for each cell."""
    shape: tuple[int, int]
    """Rows, of which one must hold, and columns, which must all hold."""
    margin: float
    """The value that the contrasts must exceed."""
    between: list[str] = field(default_factory=list)
    """The two sides of each contrast in words; empty if the claim says them."""
    averaged: bool = False
    """Whether a contrast is between means over several cells."""
    sign: int = 1
    """-1 if the contrasts are the negative of the effect that is shown, as for a difference that must be small; else
    1."""

    @property
    def about(self) -> np.ndarray:
        """Whether each cell has a weight in any contrast, (cells,)."""
        return np.asarray((self.weights != 0).any(axis=0))


def question(claim: Part, cells: pd.DataFrame) -> Question:
    """The question of a claim that is neither an agreement nor of several parts.

    ``cells`` has one row a cell and one column an axis. Raises ``NotInGridError`` if the grid lacks cells of the claim.
    """
    return QUESTIONS[type(claim)](claim, cells)


def _better(claim: BetterClaim, cells: pd.DataFrame) -> Question:
    better, worse = any_of(cells, _resolved(claim.cells)), any_of(cells, _resolved(claim.than))
    better = better if claim.cells else ~worse
    worse = worse & ~better if claim.than else ~better
    if not better.any() or not worse.any():
        raise NotInGridError("this grid has no cells to compare")
    if claim.by == "mean":
        weights = (_mean(better) - _mean(worse))[None]
        return Question(weights, (1, 1), claim.asked, averaged=max(better.sum(), worse.sum()) > 1)
    units, names = np.eye(len(cells)), _names(cells, better | worse)
    rows, columns = np.flatnonzero(better), np.flatnonzero(worse)
    weights = units[rows][:, None] - units[columns][None]
    between = [f"{names[row]} and {names[column]}" for row in rows for column in columns]
    shape = len(rows), len(columns)
    return Question(weights.reshape(-1, len(cells)), shape, claim.asked, between if len(between) > 1 else [])


def _ordering(claim: OrderingClaim, cells: pd.DataFrame) -> Question:
    chosen = matched(cells, with_values(cells, claim.axis, claim.order, matching(cells, claim.where)), [claim.axis])
    means = _means(cells, claim.axis, chosen)
    steps = [means[one] - means[other] for one, other in pairwise(claim.order)]
    between = [f"{one} and {other}" for one, other in pairwise(claim.order)]
    between = between if len(steps) > 1 else []
    return Question(np.array(steps), (1, len(steps)), claim.asked, between, _averages(means))


def _trend(claim: TrendClaim, cells: pd.DataFrame) -> Question:
    means = _means(cells, claim.axis, matched_along(cells, claim.axis, matching(cells, claim.where)))
    place = np.linspace(-0.5, 0.5, len(means))
    rise = place / (place**2).sum() @ np.array(list(means.values()))
    sign = 1 if claim.direction == "rising" else -1
    return Question(sign * rise[None], (1, 1), claim.asked, averaged=_averages(means))


def _interaction(claim: InteractionClaim, cells: pd.DataFrame) -> Question:
    chosen = with_values(cells, claim.axis, (claim.low, claim.high), matching(cells, claim.where))
    chosen = with_values(cells, claim.over, (claim.start, claim.end), chosen)
    chosen = matched(cells, chosen, [claim.axis, claim.over])
    if len(cells.loc[chosen, [claim.axis, claim.over]].drop_duplicates()) < 4:
        raise NotInGridError(f"this grid does not have both values of {claim.axis} at both values of {claim.over}")

    def gain(at: str) -> np.ndarray:
        means = _means(cells, claim.axis, chosen & (cells[claim.over] == at).to_numpy())
        return np.asarray(means[claim.high] - means[claim.low])

    weights = gain(claim.start) - gain(claim.end)
    return Question(weights[None], (1, 1), claim.asked, averaged=(weights != 0).sum() > 4)


def _similar(claim: SimilarClaim, cells: pd.DataFrame) -> Question:
    chosen = matching(cells, claim.where)
    if claim.values is not None:
        chosen = with_values(cells, claim.axis, claim.values, chosen)
    means = _means(cells, claim.axis, matched_along(cells, claim.axis, chosen))
    pairs = list(combinations(means.items(), 2))
    weights = [sign * (one - other) for (_, one), (_, other) in pairs for sign in (1, -1)]
    between = [text for (a, _), (b, _) in pairs for text in (f"{b} and {a}", f"{a} and {b}")]
    return Question(np.array(weights), (1, len(weights)), -claim.asked, between, _averages(means), sign=-1)


QUESTIONS: dict[type, Callable[..., Question]] = {
    BetterClaim: _better,
    OrderingClaim: _ordering,
    TrendClaim: _trend,
    InteractionClaim: _interaction,
    SimilarClaim: _similar,
}
"""The function that makes the question, for each kind of claim."""


def _resolved(cells: Cells) -> list[Where]:
    """The cells as mappings; after the short forms of a study file are resolved, they all are mappings."""
    return [cell for cell in cells if isinstance(cell, dict)]


def _means(cells: pd.DataFrame, axis: str, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """The weights of the mean over the cells of each value of an axis, by the value."""
    return {value: _mean(chosen & (cells[axis] == value).to_numpy()) for value in axis_values(cells, axis, chosen)}


def _mean(chosen: np.ndarray) -> np.ndarray:
    return np.asarray(chosen / chosen.sum())


def _averages(means: dict[str, np.ndarray]) -> bool:
    return any((weights != 0).sum() > 1 for weights in means.values())


def _names(cells: pd.DataFrame, chosen: np.ndarray) -> list[str]:
    """The names of cells: their values on the axes in which they differ."""
    axes = [str(axis) for axis in cells if cells.loc[chosen, str(axis)].nunique() > 1]
    return [", ".join(filter(None, row)) or "none" for row in cells[axes].itertuples(index=False, name=None)]

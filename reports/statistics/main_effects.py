"""The main effects of a grid's axes: how much better the cells with a value are than the mean of all cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.claims.questions import Question
from reports.statistics.claims.selection import NotInGridError, axis_values, matched_along
from reports.statistics.hypothesis_tests.distributions import student_quantile_above
from reports.statistics.measured import Measured, measure
from reports.statistics.noise.usual import Usual, usual_spreads
from reports.statistics.page import Judged, decision_on
from reports.statistics.ruling import ALPHA, FEWEST_SEEDS, LEAST


@dataclass(frozen=True)
class MainEffect:
    """The mean of the cells with one value of an axis, minus the mean over all values."""

    axis: str
    value: str
    effect: float
    """The effect over the seeds that have all cells; NaN if there is none, or if a cell was stopped early."""
    low: float
    """The lower end of the interval at 95 %, by itself; NaN below three seeds."""
    high: float
    """The upper end."""
    by_seed: tuple[float, ...]
    """The effect within each seed; NaN for a seed that lacks a cell."""


def main_effects(study: Judged) -> list[MainEffect]:
    """The main effects of every axis with several values, in the order of the grid.

    Seeds are paired, and spreads are those of the verdicts. In an incomplete grid, cells that do not occur with all
    values of an axis are left out of its effects. Empty if the cells are not scored alike: no mean is over them.
    """
    measured = measure(study.table, study.axes, study.metric)
    if len(set(measured.scored_by)) > 1:
        return []
    usual = usual_spreads([measured])[0]
    return [effect for axis in study.axes for effect in _of_axis(measured, usual, axis)]


def _of_axis(measured: Measured, usual: Usual, axis: str) -> Sequence[MainEffect]:
    try:
        chosen = matched_along(measured.cells, axis, np.ones(len(measured.cells), dtype=bool))
    except NotInGridError:
        return ()
    values = axis_values(measured.cells, axis, chosen)
    each = np.array([chosen & (measured.cells[axis] == value).to_numpy() for value in values])
    weights = each / each.sum(axis=1, keepdims=True) - chosen / chosen.sum()
    several = bool((each.sum(axis=1) > 1).any())
    found = decision_on(measured, Question(weights, (1, len(values)), 0.0, averaged=several), usual).estimate
    stopped = bool(measured.stopped[chosen].any())
    known = (found.seeds >= FEWEST_SEEDS) & (found.error > LEAST)
    reach = np.where(known, student_quantile_above(ALPHA / 2, found.freedom) * found.error, np.nan)
    mean = np.where(stopped, np.nan, found.mean)
    within = weights[:, chosen] @ measured.values[chosen]
    return [
        MainEffect(axis, value, float(one), float(one - half), float(one + half), tuple(map(float, seeds)))
        for value, one, half, seeds in zip(values, mean, reach, within, strict=True)
    ]

"""The level of each look if a claim is judged several times, after more and more seeds.

A claim that is judged at 5 % after 3, 5 and 10 seeds is judged wrongly 11 % of the time. So the numbers of seeds are
set beforehand, and every look has one smaller level, such that all looks together are wrong at the level that was set
(a group sequential design: Pocock 1977, here for any numbers of seeds). The level is the same at each look, so that a
large effect ends the study early.
"""

from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import ndtr

from reports.statistics.hypothesis_tests.distributions import normal_quantile_above

Looks = tuple[int, ...]
"""The numbers of seeds at which a claim is judged, ascending; none or one number if it is judged once."""

NODES, WEIGHTS = leggauss(80)
"""Nodes and weights of Gauss-Legendre quadrature on [-1, 1]."""
LEVELS = np.logspace(0, -9, 91)
"""The levels of one look for which the level of all looks is computed; between them it is interpolated."""


def total_level(one: np.ndarray | float, looks: Looks) -> np.ndarray:
    """The level of all looks together, from the level of each; also the p value of all looks, from that of one."""
    if len(looks) < 2:
        return np.asarray(one, dtype=float)
    levels = np.log(np.maximum(one, LEVELS[-1] / 10))
    return np.asarray(np.minimum(1.0, np.exp(np.interp(levels, np.log(LEVELS[::-1]), np.log(_totals(looks)[::-1])))))


def one_look(total: np.ndarray | float, looks: Looks) -> np.ndarray:
    """The level of each look, from the level of all looks together."""
    if len(looks) < 2:
        return np.asarray(total, dtype=float)
    return np.asarray(np.exp(np.interp(np.log(total), np.log(_totals(looks)[::-1]), np.log(LEVELS[::-1]))))


@cache
def _totals(looks: Looks) -> np.ndarray:
    return np.array([_crossing(float(normal_quantile_above(level / 2)), looks) for level in LEVELS])


def _crossing(z: float, looks: Looks) -> float:
    """The chance that a sum of standard normal values exceeds ``z`` of its standard deviations at any look, either way.

    ``looks`` are the numbers of values in the sum. The density of the sums that have not exceeded it is integrated from
    look to look (Armitage, McPherson & Rowe 1969).
    """
    crossed, places, masses, before = 0.0, np.zeros(1), np.ones(1), 0
    for n in looks:
        limit, step = z * np.sqrt(n), np.sqrt(n - before)
        crossed += float(masses @ (ndtr((places - limit) / step) + ndtr((-limit - places) / step)))
        inside = limit * NODES
        density = np.exp(-(((inside[:, None] - places) / step) ** 2) / 2) @ masses / (step * np.sqrt(2 * np.pi))
        places, masses, before = inside, density * WEIGHTS * limit, n
    return min(crossed, 1.0)

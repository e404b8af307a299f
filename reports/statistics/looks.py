"""Looking at a claim again after more seeds, and the price of it.

Whoever looks at 5 % after 3, 5 and 10 seeds is wrong 11 % of the time. So the numbers of seeds at which one looks are
set beforehand, and each look is taken at one smaller level, such that all looks together are wrong as often as was said
(group sequential; Pocock 1977, here for looks at any numbers of seeds). The level is the same at each look, so that a
large effect ends the study early.
"""

from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import ndtr
from scipy.stats import norm

Looks = tuple[int, ...]
"""The numbers of seeds at which one looks, rising; none or one where one looks once."""

NODES, WEIGHTS = leggauss(80)
"""Places and weights of numerical integration, from -1 to 1."""
LEVELS = np.logspace(0, -9, 91)
"""Levels of one look at which the level of all is reckoned; between them it is interpolated."""


def total_level(one: np.ndarray | float, looks: Looks) -> np.ndarray:
    """The chance that any of the looks is below a level by chance: the p value of all looks for that of one."""
    if len(looks) < 2:
        return np.asarray(one, dtype=float)
    levels = np.log(np.maximum(one, LEVELS[-1] / 10))
    return np.asarray(np.minimum(1.0, np.exp(np.interp(levels, np.log(LEVELS[::-1]), np.log(_totals(looks)[::-1])))))


def one_look(total: np.ndarray | float, looks: Looks) -> np.ndarray:
    """The level of each look at which all of them together have the level ``total``."""
    if len(looks) < 2:
        return np.asarray(total, dtype=float)
    return np.asarray(np.exp(np.interp(np.log(total), np.log(_totals(looks)[::-1]), np.log(LEVELS[::-1]))))


@cache
def _totals(looks: Looks) -> np.ndarray:
    return np.array([_crossing(float(norm.isf(level / 2)), looks) for level in LEVELS])


def _crossing(z: float, looks: Looks) -> float:
    """The chance that a sum of standard normal values, after each of these numbers of them, is ever above ``z`` times
    its standard deviation, either way. By the density of the sums that were not yet (Armitage, McPherson & Rowe 1969).
    """
    crossed, places, masses, before = 0.0, np.zeros(1), np.ones(1), 0
    for n in looks:
        limit, step = z * np.sqrt(n), np.sqrt(n - before)
        crossed += float(masses @ (ndtr((places - limit) / step) + ndtr((-limit - places) / step)))
        inside = limit * NODES
        density = np.exp(-(((inside[:, None] - places) / step) ** 2) / 2) @ masses / (step * np.sqrt(2 * np.pi))
        places, masses, before = inside, density * WEIGHTS * limit, n
    return min(crossed, 1.0)

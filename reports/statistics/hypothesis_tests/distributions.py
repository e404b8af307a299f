"""Tails and quantiles of distributions, ranks, and p values adjusted for false discoveries.

They are what scipy.stats gives, to the last digits, from scipy.special alone, since scipy.stats takes half a second to
import. All take arrays.
"""

import numpy as np
from scipy import special

Values = np.ndarray | float


def normal_above(x: Values) -> np.ndarray:
    """The chance that a standard normal variable is above ``x``."""
    return np.asarray(special.ndtr(-np.asarray(x)))


def normal_quantile_above(p: Values) -> np.ndarray:
    """The value that a standard normal variable is above with the chance ``p``."""
    return np.asarray(-special.ndtri(p))


def student_above(x: Values, freedom: Values) -> np.ndarray:
    """The chance that Student's t is above ``x``."""
    return np.asarray(special.stdtr(freedom, -np.asarray(x)))


def student_quantile_above(p: Values, freedom: Values) -> np.ndarray:
    """The value that Student's t is above with the chance ``p``."""
    return np.where(np.asarray(p) == 0, np.inf, -special.stdtrit(freedom, p))  # where SciPy says -inf


def shifted_student_above(x: Values, freedom: Values, shift: Values) -> np.ndarray:
    """The chance that the noncentral t is above ``x``."""
    return np.asarray(1 - special.nctdtr(freedom, shift, x))


def fisher_quantile_above(p: Values, freedom: Values, other: Values) -> np.ndarray:
    """The value that a ratio of two variances, of ``freedom`` and ``other`` degrees, is above with the chance ``p``."""
    return np.asarray(special.fdtri(freedom, other, 1 - np.asarray(p)))


def chi_squared_quantile(p: Values, freedom: Values) -> np.ndarray:
    """The value that chi squared is below with the chance ``p``."""
    return np.asarray(2 * special.gammaincinv(np.asarray(freedom) / 2, p))


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (N,) from 1 on; ties share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])


def adjusted_for_false_discoveries(ps: np.ndarray) -> np.ndarray:
    """The p values (..., P) as adjusted by Benjamini and Hochberg (1995): those at most q are found at the rate q."""
    order = np.argsort(ps, axis=-1)
    share = np.arange(1, ps.shape[-1] + 1) / ps.shape[-1]
    scaled = np.take_along_axis(ps, order, axis=-1) / share
    least = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(least)
    np.put_along_axis(adjusted, order, np.minimum(least, 1.0), axis=-1)
    return adjusted

"""The standard error of a contrast of means: its spread over seeds, moderated by the spreads of all cells of a page."""

from dataclasses import dataclass

import numpy as np

from reports.statistics.hypothesis_tests.distributions import fisher_quantile_above
from reports.statistics.noise.prior import MOST, Prior

UNUSUAL = 0.1
"""The part of contrasts with the usual spread that count as unusual by chance."""
MOST_FILLED = 0.25
"""The largest part of a contrast, or of the cells of an order, that may be filled in if trials of a seed failed."""


@dataclass(frozen=True)
class Estimate:
    """Estimates of the contrasts of a grid; all arrays are (..., contrasts)."""

    mean: np.ndarray
    """The means over seeds; NaN if no seed has all cells of the contrast."""
    error: np.ndarray
    """The standard errors of the means; NaN below two seeds."""
    freedom: np.ndarray
    """The degrees of freedom of the standard errors."""
    seeds: np.ndarray
    """The numbers of seeds that the means are over."""
    own: np.ndarray
    """The contrasts' own spreads over seeds, as the standard deviation of a cell."""
    usual: np.ndarray
    """The spread of a cell that the prior expects; NaN without a prior."""
    images: np.ndarray
    """The part of ``error`` squared that is of the test images, which more seeds do not make smaller."""


def centred_variances(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The variance of each cell over seeds (..., cells), without what all cells of a seed share, and its degrees of
    freedom (cells,). ``values`` (..., cells, seeds). Cells with fewer than two seeds are left out."""
    counts = (~np.isnan(values)).sum(axis=-1).reshape(-1, values.shape[-2]).min(axis=0)
    values, counts = values[..., counts > 1, :], counts[counts > 1]
    rest, cells = values - _additive(values), max(values.shape[-2], 2)
    return np.nansum(rest**2, axis=-1) / (counts - 1) * cells / (cells - 1), counts - 1.0


def estimate(
    values: np.ndarray, weights: np.ndarray, prior: Prior | None, floor: float = 0.0, images: np.ndarray | float = 0.0
) -> Estimate:
    """The estimates of contrasts of the cells' means.

    ``values`` (..., cells, seeds), ``weights`` (contrasts, cells). ``floor`` is the smallest spread of a cell that the
    test set resolves, and ``images`` the variance of each contrast over test images.

    A contrast is taken within each seed, so that what the cells of a seed share cancels. Its variance is the mean of
    its own variance and the prior's, weighted by degrees of freedom (Smyth 2004).
    """
    within, parts = _within_seeds(values, weights)
    counts, seeds, size = (~np.isnan(within)).sum(axis=-1), parts.sum(axis=-1), (weights**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(within, axis=-1) / np.where(counts, counts, np.nan)
        squares = np.nansum((within - mean[..., None]) ** 2, axis=-1)
        own = squares / np.where(counts > 1, counts - 1, np.nan) / size * counts / seeds
        variance, freedom = np.maximum(own, floor**2), counts - 1.0
        usual = np.full(mean.shape, np.nan)
        if prior is not None:
            usual = np.broadcast_to(np.sqrt(prior.middle)[..., None], mean.shape)
            variance, freedom = _moderated(own, variance, freedom, prior)
        of_seeds = variance * size / seeds
        total = of_seeds + images
        freedom = np.minimum(freedom * (total / of_seeds) ** 2, MOST)  # for a sum of variances: Satterthwaite 1946
    return Estimate(mean, np.sqrt(total), freedom, counts, np.sqrt(own), usual, np.broadcast_to(images, mean.shape))


def _moderated(
    own: np.ndarray, variance: np.ndarray, freedom: np.ndarray, prior: Prior
) -> tuple[np.ndarray, np.ndarray]:
    """The mean of a contrast's own variance and the prior's, and its degrees of freedom. A contrast that varies far
    more than usual, as after a collapsed training, keeps its own variance."""
    d0, expected = prior.freedom[..., None], prior.middle[..., None]
    moderated = (d0 * expected + freedom * own) / (d0 + freedom)
    moderated = moderated if prior.trusted else np.maximum(moderated, variance)
    unusual = own > expected * fisher_quantile_above(UNUSUAL, freedom, d0)
    return np.where(unusual, variance, moderated), np.where(unusual, freedom, freedom + d0)


def _within_seeds(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The contrasts within each seed and the part of each that was measured, both (..., contrasts, seeds).

    A contrast is NaN if a cell is missing. If only a small part is missing, it is filled in from the cell's mean and
    the other cells of the seed, and the contrast counts less.
    """
    missing = np.isnan(values)
    if not missing.any():
        within = weights @ values
        return within, np.ones(within.shape)
    filled = filled_in(values)
    lost = np.isnan(filled)
    share = weights**2 @ missing / (weights**2).sum(axis=-1, keepdims=True)
    kept = (share <= MOST_FILLED) & ~((weights != 0) @ lost)
    within = np.where(kept, weights @ np.where(lost, 0.0, filled), np.nan)
    return within, np.where(kept, 1 - share, 0.0)


def filled_in(values: np.ndarray) -> np.ndarray:
    """The values (..., cells, seeds), with a missing one filled in by the sum of its cell's and its seed's effect."""
    return np.where(np.isnan(values), _additive(values), values)


def _additive(values: np.ndarray) -> np.ndarray:
    """The sum of a cell's and a seed's effect, by least squares; NaN if the cell or the seed has no value."""
    known = ~np.isnan(values)
    seen, in_cell, in_seed = np.nan_to_num(values), known.sum(-1, keepdims=True), known.sum(-2, keepdims=True)
    seed = np.zeros((*values.shape[:-2], 1, values.shape[-1]))
    for _ in range(1 if known.all() else 50):
        cell = ((seen - seed) * known).sum(-1, keepdims=True) / np.maximum(in_cell, 1)
        seed = ((seen - cell) * known).sum(-2, keepdims=True) / np.maximum(in_seed, 1)
    return np.where((in_cell > 0) & (in_seed > 0), cell + seed, np.nan)

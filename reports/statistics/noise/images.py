"""How much a contrast would vary over other test images, from which images each trial has right."""

import numpy as np

from reports.statistics.measured import Measured
from reports.statistics.noise.spread import MOST_FILLED


def variance_over_images(measured: Measured, weights: np.ndarray) -> np.ndarray | float:
    """The variance of each contrast's mean over test images, in points squared, beyond what seeds vary already; 0
    where it is not known which images are right. ``weights`` (contrasts, cells).

    Two cells are compared on the same images, so that what both have right, or wrong, cancels.
    """
    if measured.correct is None:
        return 0.0
    return np.array([_variance(measured, one) for one in weights])  # all at once do not fit in memory


def _variance(measured: Measured, weights: np.ndarray) -> float:
    """The variance of one contrast, ``weights`` (cells,)."""
    right = np.array(_within_seeds(measured, weights))
    if len(right) < 2:
        return 0.0
    seeds, images = right.shape
    mean = right.mean(axis=0)
    apart = right - mean
    rest = ((apart - apart.mean(axis=1, keepdims=True)) ** 2).sum()
    over_images = mean.var(ddof=1) / images
    by_both = rest / ((seeds - 1) * (images - 1)) / (seeds * images)
    return float(max(over_images - by_both, 0.0))


def _within_seeds(measured: Measured, weights: np.ndarray) -> list[np.ndarray]:
    """The contrast on each image (images,) within each seed that counts, as in ``spread.estimate``. A cell that a seed
    lacks has there what it has in its other seeds."""
    assert measured.correct is not None
    cells = np.flatnonzero(weights)
    known, weights = ~np.isnan(measured.values[cells]), weights[cells]
    missing = weights**2 @ ~known / (weights**2).sum()
    if not known.any(axis=1).all():
        return []
    found = []
    for seed in np.flatnonzero(missing <= MOST_FILLED):
        right = measured.correct[cells, seed].astype(float)
        for cell in np.flatnonzero(~known[:, seed]):
            right[cell] = measured.correct[cells[cell]][known[cell]].mean(axis=0)
        found.append(100 * weights @ right)
    return found

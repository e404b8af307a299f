"""The variance of a contrast over test images, from the images that each trial has right."""

import numpy as np

from reports.statistics.measured import Measured
from reports.statistics.noise.spread import MOST_FILLED


def variance_over_images(measured: Measured, weights: np.ndarray) -> np.ndarray | float:
    """The variance of each contrast's mean over test images, in points squared, beyond the variance over seeds.

    It is 0 if the right images are not known. ``weights`` (contrasts, cells). Cells are compared on the same images,
    so that an image that two cells both have right, or both wrong, cancels.
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
    centred = right - mean
    rest = ((centred - centred.mean(axis=1, keepdims=True)) ** 2).sum()
    over_images = mean.var(ddof=1) / images
    by_both = rest / ((seeds - 1) * (images - 1)) / (seeds * images)
    return float(max(over_images - by_both, 0.0))


def _within_seeds(measured: Measured, weights: np.ndarray) -> list[np.ndarray]:
    """The contrast on each image (images,), in points, for each seed that counts as in ``spread.estimate``. If a seed
    lacks a cell, it takes the mean of that cell's other seeds."""
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

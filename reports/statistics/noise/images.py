"""How much a contrast would vary over other test images, from which images each trial has right."""

import numpy as np

from reports.statistics.measured import Measured

AT_ONCE = 2_000_000
"""Contrasts times seeds times images that are held in memory at once, 8 bytes each and twice: a claim about 49 cells
has some 300 contrasts, and ImageNet 50,000 test images."""


def variance_over_images(measured: Measured, weights: np.ndarray) -> np.ndarray | float:
    """The variance of each contrast's mean over test images, in points squared, beyond what seeds vary already; 0
    where it is not known which images are right.

    Two cells are compared on the same images, so that what both have right, or wrong, cancels.
    """
    if measured.correct is None:
        return 0.0
    whole = np.flatnonzero(~np.isnan(measured.values).any(axis=0))
    if len(whole) < 2:
        return 0.0
    some = max(1, AT_ONCE // (len(whole) * measured.correct.shape[-1]))
    parts = [weights[first : first + some] for first in range(0, len(weights), some)]
    return np.concatenate([_variance(measured.correct[:, whole], part) for part in parts])


def _variance(correct: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(contrasts,) of booleans (cells, seeds, images) and weights (contrasts, cells)."""
    seeds, images = correct.shape[1:]
    right = [100 * weights @ correct[:, seed] for seed in range(seeds)]
    mean = sum(right) / seeds
    apart = [one - mean - (one - mean).mean(axis=-1, keepdims=True) for one in right]
    rest = sum((one**2).sum(axis=-1) for one in apart)
    over_images = mean.var(axis=-1, ddof=1) / images
    by_both = rest / ((seeds - 1) * (images - 1)) / (seeds * images)
    return np.asarray(np.maximum(over_images - by_both, 0.0))

"""How much a contrast would vary over other test images, from which images each trial has right."""

import numpy as np

from reports.statistics.measured import Measured


def variance_over_images(measured: Measured, weights: np.ndarray) -> np.ndarray | float:
    """The variance of each contrast's mean over test images, in points squared, beyond what seeds vary already; 0
    where it is not known which images are right.

    Two cells are compared on the same images, so that what both have right, or wrong, cancels.
    """
    if measured.correct is None:
        return 0.0
    whole = ~np.isnan(measured.values).any(axis=0)
    if whole.sum() < 2:
        return 0.0
    seeds, images = int(whole.sum()), measured.correct.shape[-1]
    right = [100 * weights @ measured.correct[:, seed] for seed in np.flatnonzero(whole)]
    mean = sum(right) / seeds
    apart = [one - mean - (one - mean).mean(axis=-1, keepdims=True) for one in right]
    rest = sum((one**2).sum(axis=-1) for one in apart)
    over_images = mean.var(axis=-1, ddof=1) / images
    by_both = rest / ((seeds - 1) * (images - 1)) / (seeds * images)
    return np.asarray(np.maximum(over_images - by_both, 0.0))

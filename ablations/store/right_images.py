"""The test images that a trial has right, one bit an image, kept among the arrays of its scores."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

Arrays = Mapping[str, "ndarray"]

IMAGES = "test_images"
"""Name of the array with one number: how many test images the scores are of."""
RIGHT = "right/"
"""Beginning of the name of an array of bits; the name of the metric follows."""


def packed(right: Arrays, images: int) -> dict[str, "ndarray"]:
    """The arrays to keep: the booleans (N,) of each metric as bits, eight in a byte, and their number N. Without images
    there are none."""
    import numpy as np  # here, since most commands need no numpy

    if not images:
        return {}
    return {IMAGES: np.array([images])} | {f"{RIGHT}{metric}": np.packbits(one) for metric, one in right.items()}


def image_count(arrays: Arrays) -> int | None:
    """The number of test images; None if the trial did not leave it."""
    return int(arrays[IMAGES][0]) if IMAGES in arrays else None


def right_images(arrays: Arrays, metric: str) -> "ndarray | None":
    """The test images that the metric counts as right, booleans (N,); None if the trial did not leave them."""
    import numpy as np

    if f"{RIGHT}{metric}" not in arrays:
        return None
    return np.unpackbits(arrays[f"{RIGHT}{metric}"], count=image_count(arrays)).astype(bool)


def without_bits(arrays: Arrays) -> dict[str, "ndarray"]:
    """The other arrays, which a report draws."""
    return {name: array for name, array in arrays.items() if name != IMAGES and not name.startswith(RIGHT)}

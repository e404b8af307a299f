"""Whether two pictures look alike, however their fonts and single pixels differ."""

from pathlib import Path

import numpy as np
from PIL import Image

SHRUNK = (170, 170)
"""Pixels at which pictures are compared: single pixels differ between versions of Matplotlib."""
ALIKE = 6.0
"""The largest mean difference of a picture's rows and columns, of 255; a moved label or another colour is more."""


def apart(one: Path, other: Path) -> float:
    """The largest mean difference of a row or a column of two pictures, of 255; 255 if their sizes differ by 2 %."""
    (size, first), (other_size, second) = _shrunk(one), _shrunk(other)
    if any(abs(a - b) > 0.02 * b for a, b in zip(size, other_size, strict=True)):
        return 255.0
    difference = np.abs(first - second)
    return float(max(difference.mean(axis=0).max(), difference.mean(axis=1).max()))


def _shrunk(path: Path) -> tuple[tuple[int, int], np.ndarray]:
    """The size of a picture, and the picture in grey."""
    with Image.open(path) as picture:
        return picture.size, np.asarray(picture.convert("L").resize(SHRUNK), dtype=float)

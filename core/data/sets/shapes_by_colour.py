"""``shapes-by-colour``: the images of ``shapes`` with their colour as the class, not their glyph.

An encoder that is right for one question about these images may be wrong for another: what a colour distortion teaches
an encoder to ignore is the class here. Class 0 has the tenth of the images whose ground is the least blue, class 9 the
bluest tenth. Images are ranked within their split, and all classes are equally large.
"""

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from core.data.catalog import SHAPES_CLASSES
from core.data.dataset import Dataset, Split
from core.data.sets.shapes import SIDE, TINT, load_split

CLASSES = tuple(f"hue {number}" for number in range(SHAPES_CLASSES))
GROUND = 0.25
"""Turns of hue on either side of ``TINT`` within which a pixel belongs to the ground."""


def load(name: str, data_dir: Path, image_size: int, choice: Callable[[Tensor], Tensor | slice]) -> Dataset:
    """Load the data set, its images resized from 32 pixels if ``image_size`` is another. The classes are those of the
    images of 32 pixels."""
    train, test = (
        Split(load_split(split, image_size).images, tenths(ground_hues(_pixels(split)))) for split in ("train", "test")
    )
    return Dataset(name, CLASSES, train[choice(train.labels)], test)


def _pixels(split: str) -> Tensor:
    images = load_split(split, SIDE).images
    assert isinstance(images, Tensor), "drawn images are in memory"
    return images


def ground_hues(images: Tensor) -> Tensor:
    """The hue of each image's ground in turns from ``TINT``, (N,), of images uint8 (N, 3, S, S): the median over the
    pixels of the ground. Light multiplies all three channels, so that it leaves hues as they are."""
    red, green, blue = images.flatten(2).float().unbind(dim=1)
    angle = torch.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)
    turns = (angle / (2 * math.pi) - TINT + 0.5) % 1 - 0.5
    return turns.masked_fill(turns.abs() > GROUND, math.nan).nanmedian(dim=1).values


def tenths(values: Tensor) -> Tensor:
    """The tenth that each value is in, int64 (N,): 0 for the lowest. Equal values are ranked in their order."""
    ranks = values.argsort(stable=True).argsort()
    return ranks * SHAPES_CLASSES // len(values)

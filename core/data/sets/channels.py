"""Images that are in memory, with as many channels as a configuration asks for."""

from dataclasses import replace

import torch
from torch import Tensor

from core.config.data import COLORS
from core.data.dataset import Dataset, Split
from core.errors import DataError

LUMA = (19595, 38470, 7471)
"""Weights of red, green and blue in the luminance, in 65,536ths: ITU-R 601-2, as in Pillow."""
AT_ONCE = 1000
"""Images that are converted in one go."""


def with_channels(data: Dataset, channels: int) -> Dataset:
    """Return the data set with ``channels`` channels: one is the luminance of three. Raises ``DataError`` where its
    images have another number."""
    train, test = (_converted(split, channels, data.name) for split in (data.train, data.test))
    return replace(data, train=train, test=test)


def _converted(split: Split, channels: int, name: str) -> Split:
    images = split.images
    assert isinstance(images, Tensor), "such data is in memory"
    found = images.shape[1]
    if found == channels:
        return split
    if (found, channels) != (COLORS, 1):
        raise DataError(f"data.channels is {channels}, and images of {name} have {found}; write data.channels: {found}")
    return replace(split, images=torch.cat([luminance(part) for part in images.split(AT_ONCE)]))


def luminance(images: Tensor) -> Tensor:
    """Return the luminance uint8 (N, 1, H, W) of images uint8 (N, 3, H, W), bit for bit Pillow's."""
    weights = torch.tensor(LUMA, dtype=torch.int32).view(COLORS, 1, 1)
    total = (images.int() * weights).sum(dim=1, keepdim=True, dtype=torch.int32)
    return ((total + (1 << 15)) >> 16).to(torch.uint8)

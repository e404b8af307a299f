"""The views that a training makes of some images, to be looked at."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from core.augment.operations.levels import to_bytes
from core.augment.policy import two_views
from core.config import PretrainConfig
from core.data.dataset import Dataset
from core.randomness import generator

LARGEST = 48
"""The most pixels of a side; larger views are shrunk."""


def shown_views(config: PretrainConfig, data: Dataset, count: int, seed: int = 0) -> Tensor:
    """Return the two views of ``count`` training images, uint8 (2, count, C, S, S), S at most ``LARGEST``.

    The images are the same for all configurations of a data set and a seed. Nothing of a training depends on them.
    """
    order = torch.randperm(len(data.train), generator=generator(seed, "shown images"))
    split = data.train[order[:count].sort().values]
    size = split.view_size or config.data.image_size
    views = two_views(split.images[:], config.augment, generator(seed, "shown views"), size)
    if size > LARGEST:
        views = interpolate(views, LARGEST, mode="area")
    return to_bytes(views).reshape(2, count, *views.shape[1:])

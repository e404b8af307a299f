"""Random erasing."""

import math

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Erasing


def random_erasing(images: Tensor, generator: torch.Generator, config: Erasing) -> Tensor:
    """Paint a rectangle black, wholly inside the image. A side that would be longer than the image's is as long."""
    area = uniform(images, generator, *config.area) * images.shape[2] * images.shape[3]
    aspect = uniform(images, generator, *map(math.log, config.aspect)).exp()
    height = (area / aspect).sqrt().round().clamp(1, images.shape[2])
    width = (area * aspect).sqrt().round().clamp(1, images.shape[3])
    top = (uniform(images, generator) * (images.shape[2] - height + 1)).floor()
    left = (uniform(images, generator) * (images.shape[3] - width + 1)).floor()
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, erase, images, top, left, height, width)


def erase(images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Paint a black rectangle with edges (B,) in pixels on each of images (B, C, H, W)."""
    down = torch.arange(images.shape[2], device=images.device) - top[:, None]
    across = torch.arange(images.shape[3], device=images.device) - left[:, None]
    rows, columns = (down >= 0) & (down < height[:, None]), (across >= 0) & (across < width[:, None])
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)

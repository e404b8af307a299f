"""Cutout."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Cutout

FILL = 0.5


def random_cutout(images: Tensor, generator: torch.Generator, config: Cutout) -> Tensor:
    """Paint a grey square, wholly inside the image. The paper gives neither size nor fill (Sec 3, Figure 4)."""
    side = round(config.side * images.shape[2])
    top = (uniform(images, generator) * (images.shape[2] - side + 1)).floor()
    left = (uniform(images, generator) * (images.shape[3] - side + 1)).floor()
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, cut_square, images, top, left, torch.full_like(top, side))


def cut_square(images: Tensor, top: Tensor, left: Tensor, side: Tensor) -> Tensor:
    """Paint a grey square with edges (B,) in pixels on each of images (B, C, H, W)."""
    down = torch.arange(images.shape[2], device=images.device) - top[:, None]
    across = torch.arange(images.shape[3], device=images.device) - left[:, None]
    rows, columns = ((d >= 0) & (d < side[:, None]) for d in (down, across))
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], FILL)

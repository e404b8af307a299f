"""Sharpness."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Sharpness


def random_sharpness(images: Tensor, generator: torch.Generator, config: Sharpness) -> Tensor:
    """Smooth or sharpen images, each by a factor of its own."""
    factor = uniform(images, generator, 1 - config.amount, 1 + config.amount)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, adjust_sharpness, images, factor)


def adjust_sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """Sharpen images (B, C, H, W) in [0, 1] by a factor (B,): 0 gives the smoothed image, 1 the image itself, 2 a
    sharpened one. Borders stay as they are.

    The smoothed image is the mean of the 3 x 3 pixels around, the middle one counted five times, as in PIL and
    torchvision.
    """
    smooth = (9 * F.avg_pool2d(images, 3, stride=1) + 4 * images[:, :, 1:-1, 1:-1]) / 13
    sharpened = images.clone()
    sharpened[:, :, 1:-1, 1:-1].sub_(smooth).mul_(factor[:, None, None, None]).add_(smooth).clamp_(0, 1)
    return sharpened

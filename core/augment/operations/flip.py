"""Horizontal and vertical flip."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Flip, VerticalFlip


def random_flip(images: Tensor, generator: torch.Generator, config: Flip) -> Tensor:
    """Mirror images left to right. Appendix A."""
    return apply_where(uniform(images, generator) < config.probability, horizontal_flip, images)


def horizontal_flip(images: Tensor) -> Tensor:
    """Mirror images (B, C, H, W)."""
    return images.flip(3)


def random_vertical_flip(images: Tensor, generator: torch.Generator, config: VerticalFlip) -> Tensor:
    """Mirror images top to bottom."""
    return apply_where(uniform(images, generator) < config.probability, vertical_flip, images)


def vertical_flip(images: Tensor) -> Tensor:
    """Mirror images (B, C, H, W) top to bottom."""
    return images.flip(2)

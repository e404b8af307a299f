"""Horizontal flip."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Flip


def random_flip(images: Tensor, generator: torch.Generator, config: Flip) -> Tensor:
    """Mirror images left to right. Appendix A."""
    return apply_where(uniform(images, generator) < config.probability, horizontal_flip, images)


def horizontal_flip(images: Tensor) -> Tensor:
    """Mirror images (B, C, H, W)."""
    return images.flip(3)

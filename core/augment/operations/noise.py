"""Gaussian noise."""

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.select import apply_where, uniform
from core.config.operations import Noise


def random_noise(images: Tensor, generator: torch.Generator, config: Noise) -> Tensor:
    """Add independent Gaussian noise to every pixel and channel (Sec 3, Figure 4)."""
    noise = draw(torch.randn, images, generator, *images.shape[1:])
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, add_noise, images, config.sigma * noise)


def add_noise(images: Tensor, noise: Tensor) -> Tensor:
    """Add noise to images, both (B, C, H, W), and clip to [0, 1]."""
    return (images + noise).clamp_(0, 1)

"""Sobel filtering."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Sobel


def random_sobel(images: Tensor, generator: torch.Generator, config: Sobel) -> Tensor:
    """Replace each channel by the length of its gradient (Sec 3, Figure 4)."""
    return apply_where(uniform(images, generator) < config.probability, gradient_magnitude, images)


def gradient_magnitude(images: Tensor) -> Tensor:
    """Return sqrt(gx^2 + gy^2) of each channel of images (B, C, H, W), borders repeated, clipped to [0, 1].

    The smoothing [1, 2, 1] and the difference [-1, 0, 1] are applied as shifted sums, which is faster than a depthwise
    convolution on a CPU.
    """
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    down = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    across = padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]
    horizontal = down[..., 2:] - down[..., :-2]
    vertical = across[:, :, 2:] - across[:, :, :-2]
    return (horizontal.square() + vertical.square()).sqrt_().clamp_(0, 1)

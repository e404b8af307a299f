"""Blur along a line."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.augment.operations.blur import kernel_size
from core.augment.select import apply_where, uniform
from core.config.operations import MotionBlur


def random_motion_blur(images: Tensor, generator: torch.Generator, config: MotionBlur) -> Tensor:
    """Blur along a line of random direction. Appendix B.2."""
    length = kernel_size(config.length, images.shape[2])
    angle = uniform(images, generator, 0.0, math.pi)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, lambda some, a: motion_blur(some, a, length), images, angle)


def motion_blur(images: Tensor, angle: Tensor, length: int) -> Tensor:
    """Average images (B, C, H, W) in [0, 1] along a line of ``length`` pixels at angle (B,), in radians from right to
    down; borders are reflected."""
    if not len(images):
        return images  # a convolution in groups cannot take an empty batch
    kernels = line_kernels(angle, length).repeat_interleave(images.shape[1], dim=0)[:, None]
    padded = F.pad(images, [length // 2] * 4, mode="reflect").flatten(0, 1)[None]
    return F.conv2d(padded, kernels, groups=len(kernels)).view_as(images).clamp(0, 1)


def line_kernels(angle: Tensor, length: int) -> Tensor:
    """Return kernels (B, length, length) that sum to 1: a pixel's weight falls from 1 on the line to 0 one pixel beside
    it."""
    place = torch.arange(length, device=angle.device) - length // 2
    beside = place[:, None] * angle.cos()[:, None, None] - place * angle.sin()[:, None, None]
    along = place[:, None] * angle.sin()[:, None, None] + place * angle.cos()[:, None, None]
    weight = (1 - beside.abs()).clamp(min=0) * (along.abs() <= length // 2 + 1e-4)
    return weight / weight.sum(dim=(1, 2), keepdim=True)

"""Affine transformation: rotation, shift, scale and shear at once."""

import torch
from torch import Tensor

from core.augment.operations.warp import places, sample
from core.augment.select import apply_where, uniform
from core.config.operations import Affine


def random_affine(images: Tensor, generator: torch.Generator, config: Affine) -> Tensor:
    """Rotate, shift, scale and shear images about their centre, each by numbers of its own."""
    height, width = images.shape[2:]
    degrees = uniform(images, generator, -config.degrees, config.degrees)
    right = uniform(images, generator, -config.shift, config.shift) * width
    down = uniform(images, generator, -config.shift, config.shift) * height
    scale = uniform(images, generator, *config.scale)
    shear = uniform(images, generator, -config.shear, config.shear)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, affine, images, degrees, right, down, scale, shear)


def affine(images: Tensor, degrees: Tensor, right: Tensor, down: Tensor, scale: Tensor, shear: Tensor) -> Tensor:
    """Turn images (B, C, H, W) clockwise by degrees (B,), shear them along x by degrees (B,), scale them by a factor
    (B,) and shift them by pixels (B,); bilinear, black outside. As in torchvision."""
    x, y = places(images)
    x, y = x - right[:, None, None], y - down[:, None, None]
    turn = degrees.deg2rad()
    cosine, sine, slope = (part[:, None, None] for part in (turn.cos(), turn.sin(), shear.deg2rad().tan()))
    source_x = (cosine - sine * slope) * x + (cosine * slope + sine) * y
    source_y = cosine * y - sine * x
    scale = scale[:, None, None]
    return sample(images, source_x / scale, source_y / scale, "bilinear")

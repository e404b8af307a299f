"""Shear, translation and rotation: each pixel takes the nearest pixel of its source, or black outside the image.

As in torchvision, with a parameter for each sample. Images are (B, C, H, W) throughout.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def shear_x(images: Tensor, slope: Tensor) -> Tensor:
    """Move row y left by slope (B,) times y pixels; the upper edge stays."""
    x, y = places(images)
    return sample(images, x + slope[:, None, None] * (y + images.shape[2] / 2), y)


def shear_y(images: Tensor, slope: Tensor) -> Tensor:
    """Move column x up by slope (B,) times x pixels; the left edge stays."""
    x, y = places(images)
    return sample(images, x, y + slope[:, None, None] * (x + images.shape[3] / 2))


def translate_x(images: Tensor, distance: Tensor) -> Tensor:
    """Move images to the right by distance (B,) pixels."""
    x, y = places(images)
    return sample(images, x - distance[:, None, None], y)


def translate_y(images: Tensor, distance: Tensor) -> Tensor:
    """Move images down by distance (B,) pixels."""
    x, y = places(images)
    return sample(images, x, y - distance[:, None, None])


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate images counter-clockwise about their centre by degrees (B,)."""
    x, y = places(images)
    angle = degrees.deg2rad()[:, None, None]
    cosine, sine = angle.cos(), angle.sin()
    return sample(images, cosine * x - sine * y, sine * x + cosine * y)


def places(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return coordinates x (W,) and y (H, 1) of every pixel, from the image's centre."""
    height, width = images.shape[2:]
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    y = torch.arange(height, device=images.device) - (height - 1) / 2
    return x, y[:, None]


def sample(images: Tensor, x: Tensor, y: Tensor, mode: Literal["nearest", "bilinear"] = "nearest") -> Tensor:
    """Return the pixels at x and y from the images' centre, each of a shape that broadcasts to (B, H, W); black outside
    the image."""
    batch, _, height, width = images.shape
    grid = [axis.expand(batch, height, width) / (size / 2) for axis, size in ((x, width), (y, height))]
    return F.grid_sample(images, torch.stack(grid, dim=3), mode=mode, align_corners=False)

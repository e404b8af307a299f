"""The 256 values of a byte, in which some operations are defined."""

import torch
from torch import Tensor


def to_bytes(images: Tensor) -> Tensor:
    """In [0, 1] -> the nearest of 0 to 255, uint8."""
    return images.mul(255).round_().to(torch.uint8)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """images (B, C, H, W) in [0, 1], taken as bytes; only the highest ``bits`` (B,), from 0 to 8, are kept."""
    lost = (8 - bits).to(torch.uint8)[:, None, None, None]
    return ((to_bytes(images) >> lost) << lost).float().div_(255)


def autocontrast(images: Tensor) -> Tensor:
    """images (B, C, H, W) in [0, 1], taken as bytes: the least value of each channel becomes 0, its greatest 1.

    A channel of a single value stays as it is, which is why it must be bytes: what rounding left of a difference
    would be stretched to the whole range.
    """
    values = to_bytes(images).float()
    low, high = values.amin(dim=(2, 3), keepdim=True), values.amax(dim=(2, 3), keepdim=True)
    return torch.where(high > low, (values - low) / (high - low), images)


def invert(images: Tensor) -> Tensor:
    """images (B, C, H, W) in [0, 1]."""
    return 1 - images

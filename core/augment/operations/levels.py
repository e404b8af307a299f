"""Operations that are defined on the 256 values of a byte."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Posterize


def random_posterize(images: Tensor, generator: torch.Generator, config: Posterize) -> Tensor:
    """Keep the highest bits of images."""
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, posterize, images, torch.full(chosen.shape, config.bits, device=images.device))


def to_bytes(images: Tensor) -> Tensor:
    """Round values in [0, 1] to uint8, 0 to 255."""
    return images.mul(255).round_().to(torch.uint8)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Keep only the highest ``bits`` (B,), from 0 to 8, of images (B, C, H, W) in [0, 1], taken as bytes."""
    lost = (8 - bits).to(torch.uint8)[:, None, None, None]
    return ((to_bytes(images) >> lost) << lost).float().div_(255)


def autocontrast(images: Tensor) -> Tensor:
    """Stretch each channel of images (B, C, H, W) in [0, 1], taken as bytes, so that its smallest value becomes 0 and
    its largest 1.

    A channel with a single value stays as it is. Bytes are needed for this: a difference that is only due to rounding
    would be stretched to the whole range.
    """
    values = to_bytes(images).float()
    low, high = values.amin(dim=(2, 3), keepdim=True), values.amax(dim=(2, 3), keepdim=True)
    return torch.where(high > low, (values - low) / (high - low), images)


def invert(images: Tensor) -> Tensor:
    """Invert images (B, C, H, W) in [0, 1]."""
    return 1 - images

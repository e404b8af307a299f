"""Colour dropped."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Grayscale


def random_grayscale(images: Tensor, generator: torch.Generator, config: Grayscale) -> Tensor:
    """Replace the channels by their luminance. Appendix A."""
    return apply_where(uniform(images, generator) < config.probability, grayscale, images)


def grayscale(images: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 3, H, W), three equal channels."""
    return luminance(images).expand_as(images)


def luminance(images: Tensor) -> Tensor:
    """ITU-R 601-2, as in PIL and torchvision: (B, 3, H, W) -> (B, 1, H, W)."""
    red, green, blue = images.unbind(dim=1)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).unsqueeze(1)

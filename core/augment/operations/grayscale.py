"""Colour dropped."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.data import COLORS
from core.config.operations import Grayscale, OneChannel


def random_grayscale(images: Tensor, generator: torch.Generator, config: Grayscale) -> Tensor:
    """Replace the channels by their luminance. Appendix A."""
    return apply_where(uniform(images, generator) < config.probability, grayscale, images)


def random_channel(images: Tensor, generator: torch.Generator, config: OneChannel) -> Tensor:
    """Keep one channel of each image, and set the others to 0."""
    chosen = uniform(images, generator) < config.probability
    channel = (3 * uniform(images, generator)).long().clamp_(max=2)  # a product may be rounded up
    return apply_where(chosen, keep_channel, images, channel)


def keep_channel(images: Tensor, channel: Tensor) -> Tensor:
    """Return images (B, 3, H, W) whose channels other than ``channel`` (B,) are 0."""
    kept = torch.arange(3, device=images.device) == channel[:, None]
    return images * kept[:, :, None, None]


def grayscale(images: Tensor) -> Tensor:
    """Return images (B, 3, H, W) with three equal channels."""
    return luminance(images).expand_as(images)


def luminance(images: Tensor) -> Tensor:
    """Return the luminance (B, 1, H, W) of images (B, 3, H, W): ITU-R 601-2, as in PIL and torchvision. If
    there are other channels, it is their mean."""
    if images.shape[1] != COLORS:
        return images.mean(dim=1, keepdim=True)
    red, green, blue = images.unbind(dim=1)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).unsqueeze(1)

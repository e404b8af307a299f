"""Solarisation."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Solarize


def random_solarize(images: Tensor, generator: torch.Generator, config: Solarize) -> Tensor:
    """Invert bright values. Appendix B.2."""
    chosen = uniform(images, generator) < config.probability
    threshold = torch.full(chosen.shape, config.threshold, device=images.device)
    return apply_where(chosen, solarize, images, threshold)


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Replace values of images (B, C, H, W) in [0, 1] that are at least ``threshold`` (B,) by one minus themselves."""
    return torch.where(images >= threshold[:, None, None, None], 1 - images, images)

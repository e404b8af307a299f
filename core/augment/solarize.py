"""Solarisation."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.augment import Solarize


def random_solarize(images: Tensor, generator: torch.Generator, config: Solarize) -> Tensor:
    """Invert what is bright. Appendix B.2."""
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, lambda some: solarize(some, config.threshold), images)


def solarize(images: Tensor, threshold: float) -> Tensor:
    """images (B, C, H, W) in [0, 1]: values from ``threshold`` up become one minus themselves."""
    return torch.where(images >= threshold, 1 - images, images)

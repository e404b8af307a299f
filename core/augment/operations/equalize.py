"""Histogram equalisation."""

import torch
from torch import Tensor

from core.augment.operations.levels import to_bytes
from core.augment.select import apply_where, uniform
from core.config.operations import Equalize


def random_equalize(images: Tensor, generator: torch.Generator, config: Equalize) -> Tensor:
    """Spread the values of each channel evenly over its range. Appendix B.2."""
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, equalize, images)


def equalize(images: Tensor) -> Tensor:
    """Equalise images (B, C, H, W) in [0, 1], taken as bytes. torchvision's operation has no parameter and treats each
    channel of each image separately."""
    from torchvision.transforms.v2.functional import equalize_image  # here, since torchvision takes seconds to import

    spread: Tensor = equalize_image(to_bytes(images))
    return spread.float().div_(255)

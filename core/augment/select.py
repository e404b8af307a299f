"""Operations that are applied to some samples of a batch."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.augment.draw import draw
from core.canvas import Canvas


def uniform(images: Tensor | Canvas, generator: torch.Generator, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Draw (B,) numbers from U(low, high), one for each image (B, C, H, W)."""
    return low + (high - low) * draw(torch.rand, images, generator)


def apply_where(chosen: Tensor, operation: Callable[..., Tensor], images: Tensor, *parameters: Tensor) -> Tensor:
    """Return ``operation(images, *parameters)`` where ``chosen``, and the image itself elsewhere.

    images (B, C, H, W), chosen (B,) bool, each of parameters (B, ...). A CPU computes the chosen samples only. A GPU
    computes all and selects, since counting the chosen ones would synchronise.
    """
    if images.device.type == "cpu":
        return _compute_chosen(chosen, operation, images, *parameters)
    return _compute_all(chosen, operation, images, *parameters)


def _compute_chosen(chosen: Tensor, operation: Callable[..., Tensor], images: Tensor, *parameters: Tensor) -> Tensor:
    index = chosen.nonzero().squeeze(1)
    return images.index_copy(0, index, operation(images[index], *(p[index] for p in parameters)))


def _compute_all(chosen: Tensor, operation: Callable[..., Tensor], images: Tensor, *parameters: Tensor) -> Tensor:
    return torch.where(chosen[:, None, None, None], operation(images, *parameters), images)

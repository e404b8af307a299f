"""Random resized crop."""

import math

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.resample import resample, resize_matrix
from core.augment.select import apply_where, uniform
from core.config.operations import Crop

ATTEMPTS = 10


def random_resized_crop(images: Tensor, generator: torch.Generator, config: Crop, size: int | None = None) -> Tensor:
    """Crop a box of random area, aspect and place, and resize it to a square of ``size``. None: to the image's own
    size.

    Appendix A. An image that is not cropped is resized whole.
    """
    boxes = draw_boxes(images, generator, config)
    chosen = uniform(images, generator) < config.probability
    if size is None or size == images.shape[-1]:
        return apply_where(chosen, resized_crop, images, *boxes)
    whole = (0, 0, images.shape[2], images.shape[3])
    top, left, height, width = (torch.where(chosen, *edges) for edges in zip(boxes, whole, strict=True))
    return resized_crop(images, top, left, height, width, size)


def resized_crop(
    images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor, size: int | None = None
) -> Tensor:
    """Crop images (B, C, H, W) in [0, 1] to boxes with edges (B,) in whole pixels, and resize them to (B, C, size,
    size), or to (B, C, H, W): bicubic, antialiased, clipped."""
    rows = resize_matrix(top, height, images.shape[2], size or images.shape[2])
    columns = resize_matrix(left, width, images.shape[3], size or images.shape[3])
    return resample(images, rows, columns).clamp_(0, 1)


def draw_boxes(images: Tensor, generator: torch.Generator, config: Crop) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw (top, left, height, width), each (B,): the first of ten draws that fits, else the whole image."""
    full_height, full_width = images.shape[2:]
    draws = draw(torch.rand, images, generator, ATTEMPTS, first=(2,))
    low, high = config.area
    area = (low + (high - low) * draws[0]) * full_height * full_width
    low, high = (math.log(aspect) for aspect in config.aspect)
    aspect = torch.exp(low + (high - low) * draws[1])
    heights, widths = (area / aspect).sqrt().round(), (area * aspect).sqrt().round()
    fits = (heights >= 1) & (heights <= full_height) & (widths >= 1) & (widths <= full_width)
    first = fits.int().argmax(dim=1, keepdim=True)
    fitted = fits.any(dim=1)
    height = torch.where(fitted, heights.gather(1, first).squeeze(1), full_height)
    width = torch.where(fitted, widths.gather(1, first).squeeze(1), full_width)
    top = (uniform(images, generator) * (full_height - height + 1)).floor()
    left = (uniform(images, generator) * (full_width - width + 1)).floor()
    return top, left, height, width

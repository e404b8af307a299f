"""Random resized crop."""

import math

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.select import apply_where, uniform
from core.canvas import Canvas, square_boxes
from core.config.operations import Crop
from core.resample import Boxes, cut, resized_crop

ATTEMPTS = 10


def random_resized_crop(
    images: Tensor | Canvas, generator: torch.Generator, config: Crop, size: int | None = None
) -> Tensor:
    """Crop a box of random area, aspect and place, and resize it to a square of ``size``. None: to the image's own
    size.

    Appendix A. An image that is not cropped is resized whole, or the square in its middle where images keep their
    shapes.
    """
    boxes = draw_boxes(images, generator, config)
    chosen = uniform(images, generator) < config.probability
    if isinstance(images, Canvas):
        pairs = zip(boxes, square_boxes(images, 1.0), strict=True)
        top, left, height, width = (torch.where(chosen, *edges) for edges in pairs)
        return cut(images, (top, left, height, width), size)
    if size is None or size == images.shape[-1]:
        return apply_where(chosen, resized_crop, images, *boxes)
    whole = (0, 0, images.shape[2], images.shape[3])
    top, left, height, width = (torch.where(chosen, *edges) for edges in zip(boxes, whole, strict=True))
    return resized_crop(images, top, left, height, width, size)


def draw_boxes(images: Tensor | Canvas, generator: torch.Generator, config: Crop) -> Boxes:
    """Draw (top, left, height, width), each (B,): the first of ten draws that fits, else the whole image."""
    full_height, full_width = images.edges if isinstance(images, Canvas) else images.shape[2:]
    draws = draw(torch.rand, images, generator, ATTEMPTS, first=(2,))
    low, high = config.area
    area = (low + (high - low) * draws[0]) * _of_each_draw(full_height) * _of_each_draw(full_width)
    low, high = (math.log(aspect) for aspect in config.aspect)
    aspect = torch.exp(low + (high - low) * draws[1])
    heights, widths = (area / aspect).sqrt().round(), (area * aspect).sqrt().round()
    fits = (heights >= 1) & (heights <= _of_each_draw(full_height))
    fits &= (widths >= 1) & (widths <= _of_each_draw(full_width))
    first = fits.int().argmax(dim=1, keepdim=True)
    fitted = fits.any(dim=1)
    height = torch.where(fitted, heights.gather(1, first).squeeze(1), full_height)
    width = torch.where(fitted, widths.gather(1, first).squeeze(1), full_width)
    top = (uniform(images, generator) * (full_height - height + 1)).floor()
    left = (uniform(images, generator) * (full_width - width + 1)).floor()
    return top, left, height, width


def _of_each_draw(edge: Tensor | int) -> Tensor | int:
    """Return an edge (B,) as (B, 1), beside several draws for each image."""
    return edge if isinstance(edge, int) else edge[:, None]

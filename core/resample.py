"""Separable resampling as two batched matrix products, with a matrix for each sample."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.canvas import Canvas, square_boxes

Boxes = tuple[Tensor, Tensor, Tensor, Tensor]
"""Upper edge, left edge, height and width of boxes in pixels, (B,) each."""
ROWS = 256
"""Images of a canvas that are resized at once: 0.8 GB as float32, at 512 pixels a side."""
WEIGHTS = 2**24
"""Largest number of weights in the matrices of the crops that are computed at once: about eight tensors of 64 MB. These
are 334 crops at 224 pixels."""


def resample(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Resample images (B, C, H, W) by rows (B, h, H) and columns (B, w, W) to (B, C, h, w)."""
    batch, channels, height, width = images.shape
    across = images.reshape(batch, channels * height, width) @ columns.mT
    return rows[:, None] @ across.view(batch, channels, height, columns.shape[1])


def resize(images: Tensor | Canvas, size: int | None, share: float = 1.0) -> Tensor:
    """Resize whole images (B, C, S, S) in [0, 1] to (B, C, size, size): bicubic, antialiased, clipped. None: to S.

    If ``share`` is below 1, and for images that keep their shapes, the square in the middle is resized whose side is
    that share of the shorter side.
    """
    if isinstance(images, Canvas):
        return cut(images, square_boxes(images, share), size)
    if share < 1:
        edge = torch.full((len(images),), round(share * images.shape[-1]), device=images.device)
        start = (images.shape[-1] - edge) // 2
        return resized_crop(images, start, start, edge, edge, size)
    if size is None or size == images.shape[-1]:
        return images
    return F.interpolate(images, (size, size), mode="bicubic", antialias=True).clamp_(0, 1)


def resized_crop(
    images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor, size: int | None = None
) -> Tensor:
    """Crop images (B, C, H, W) in [0, 1] to boxes with edges (B,) in whole pixels, and resize them to (B, C, size,
    size), or to (B, C, H, W): bicubic, antialiased, clipped.

    Some images at a time: their matrices have at most ``WEIGHTS`` entries.
    """
    sides = images.shape[2:]
    new_sides = (size, size) if size else sides
    at_once = max(1, WEIGHTS // max(map(math.prod, zip(sides, new_sides, strict=True))))
    views = images.new_empty(*images.shape[:2], *new_sides)
    for start in range(0, len(images), at_once):
        part = slice(start, start + at_once)
        rows = resize_matrix(top[part], height[part], sides[0], new_sides[0])
        columns = resize_matrix(left[part], width[part], sides[1], new_sides[1])
        views[part] = resample(images[part], rows, columns).clamp_(0, 1)
    return views


def cut(canvas: Canvas, boxes: Boxes, size: int | None) -> Tensor:
    """Cut boxes in whole pixels out of the images of a canvas, resized to float32 (rows, C, size, size) in [0, 1].

    Some rows at a time: as float32 the whole canvas may be larger than a device's memory.
    """
    assert size is not None, "images that keep their shapes have no common size"
    parts = []
    for start in range(0, len(canvas), ROWS):
        stop = min(start + ROWS, len(canvas))
        top, left, height, width = (edge[start:stop] for edge in boxes)
        parts.append(resized_crop(canvas.rows(start, stop), top, left, height, width, size))
    return torch.cat(parts)


def resize_matrix(start: Tensor, length: Tensor, size_in: int, size_out: int) -> Tensor:
    """Return the matrices (B, size_out, size_in) of a bicubic, antialiased resize of pixels [start, start + length),
    both (B,), to ``size_out`` pixels.

    Weights as in PIL and ``torchvision`` with ``antialias``: Keys' cubic with a = -0.5, widened when shrinking,
    normalised over the pixels inside the crop.
    """
    scale = (length / size_out)[:, None, None]
    centre = scale * (torch.arange(size_out, device=start.device) + 0.5)[:, None]
    pixel = torch.arange(size_in, device=start.device) - start[:, None, None]
    inside = (pixel >= 0) & (pixel < length[:, None, None])
    weight = _cubic((pixel + 0.5 - centre) / scale.clamp(min=1.0)) * inside
    return weight / weight.sum(dim=2, keepdim=True)


def _cubic(x: Tensor) -> Tensor:
    x = x.abs()
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def blur_matrix(sigma: Tensor, kernel: int, size: int) -> Tensor:
    """Return the matrices (B, size, size) of a Gaussian blur with sigma (B,) and ``kernel`` pixels, an odd number;
    borders are reflected."""
    offset = torch.arange(kernel, device=sigma.device) - kernel // 2
    taps = torch.exp(-0.5 * (offset / sigma[:, None]) ** 2)
    taps = taps / taps.sum(dim=1, keepdim=True)
    source = torch.arange(size, device=sigma.device)[:, None] + offset
    last = size - 1
    reflected = last - (last - source.abs()).abs()
    return taps.new_zeros(len(sigma), size, size).scatter_add_(
        2, reflected.expand(len(sigma), -1, -1), taps[:, None].expand(-1, size, -1)
    )

"""Patches of images, at the places of a grid."""

import itertools

import torch
from torch import Tensor

from core.augment.draw import draw
from core.encoder.resnets.patches import cut, first_edges


def grid_patches(images: Tensor, grid: int, size: int, jitter: int, draws: torch.Generator) -> Tensor:
    """Return patches (grid * grid * B, C, size, size) of images (B, C, S, S), ordered by place: those of all images
    from the upper left corner, then from the place to the right of it, row by row.

    A patch lies anywhere in a square of ``size + jitter`` pixels, by a draw of its own. These squares are spread evenly
    from edge to edge: there are gaps between them where they are smaller than S / grid, and they overlap where they are
    larger.
    """
    if not jitter:
        return cut(images, grid, size)
    edges = first_edges(images.shape[-1], grid, size + jitter)
    corners = list(itertools.product(edges, edges))
    uniform = draw(torch.rand, images, draws, len(corners), 2)
    shifts = (uniform * (jitter + 1)).long().clamp_(max=jitter)  # a product may be rounded up
    pixels = torch.arange(size, device=images.device)
    image = torch.arange(len(images), device=images.device)[:, None, None]
    patches = []
    for place, (top, left) in enumerate(corners):
        rows = top + shifts[:, place, 0, None] + pixels
        columns = left + shifts[:, place, 1, None] + pixels
        patches.append(images[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2))
    return torch.cat(patches)

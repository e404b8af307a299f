"""Perspective: each corner of an image moves inwards by a distance of its own."""

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.operations.warp import sample
from core.augment.select import apply_where, uniform
from core.config.operations import Perspective


def random_perspective(images: Tensor, generator: torch.Generator, config: Perspective) -> Tensor:
    """Draw how far each corner moves, from 0 to a share of half the side."""
    moves = config.distortion * draw(torch.rand, images, generator, 4, 2)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, perspective, images, moves)


def perspective(images: Tensor, moves: Tensor) -> Tensor:
    """Move the corners of images (B, C, H, W) inwards by ``moves`` (B, 4, 2), in half sides along x and y; clockwise
    from the upper left. Bilinear, black outside, as in torchvision."""
    height, width = images.shape[2:]
    corners = _corners(images)
    half = (corners[2] + 1) / 2
    inwards = torch.where(corners == 0, half, -half)
    to = corners + inwards * moves.double()
    a, b, c, d, e, f, g, h = (each[:, None, None] for each in _coefficients(to, corners).float().unbind(dim=1))
    x = torch.arange(width, device=images.device) + 0.5
    y = (torch.arange(height, device=images.device) + 0.5)[:, None]
    depth = g * x + h * y + 1
    source_x, source_y = (a * x + b * y + c) / depth, (d * x + e * y + f) / depth
    return sample(images, source_x - width / 2, source_y - height / 2, "bilinear")


def _corners(images: Tensor) -> Tensor:
    """Coordinates x and y of the corners' pixels (4, 2). Numbers are filled in one by one, since sending a list to a
    GPU waits for it."""
    height, width = images.shape[2:]
    right, below = (torch.full((), side - 1.0, dtype=torch.float64, device=images.device) for side in (width, height))
    zero = torch.zeros_like(right)
    return torch.stack([zero, zero, right, zero, right, below, zero, below]).view(4, 2)


def _coefficients(places: Tensor, sources: Tensor) -> Tensor:
    """The eight numbers (B, 8) of the projections that lead from places (B, 4, 2) to their sources (4, 2)."""
    x, y = places.unbind(dim=2)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    u, v = sources.expand_as(places).unbind(dim=2)
    across = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=2)
    down = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=2)
    solved: Tensor = torch.linalg.solve_ex(torch.cat([across, down], dim=1), torch.cat([u, v], dim=1))[0]
    return solved

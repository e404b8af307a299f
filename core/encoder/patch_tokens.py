"""Patches of views as tokens: which are visible, and their pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor


def visible_places(hidden: Tensor, count: int) -> Tensor:
    """Return the places (B, count) of the visible patches, ascending, of ``hidden`` (B, N): 1 or true where a patch is
    hidden, as many in every view."""
    return hidden.to(torch.uint8).argsort(dim=1, stable=True)[:, :count]


def patch_pixels(pictures: Tensor, side: int) -> Tensor:
    """Return the values (B, N, C * side^2) of the patches of pictures (B, C, S, S), row by row."""
    return F.unfold(pictures, side, stride=side).transpose(1, 2)


def marked(pictures: Tensor, hidden: Tensor, side: int) -> Tensor:
    """Return views (B, C + 1, S, S): pictures with a channel that is 1 in hidden patches, of ``hidden`` (B, N). So
    every row of a batch has its own mask, wherever it is computed."""
    across = pictures.shape[-1] // side
    mask = hidden.view(-1, 1, across, across).to(pictures.dtype)
    return torch.cat([pictures, mask.repeat_interleave(side, dim=2).repeat_interleave(side, dim=3)], dim=1)


def marks(views: Tensor, side: int) -> Tensor:
    """Return ``hidden`` (B, N) of views (B, C + 1, S, S)."""
    return views[:, -1, ::side, ::side].flatten(1)


def sine_positions(across: int, width: int) -> Tensor:
    """Return fixed embeddings (across^2, width) of the places of a square grid: sines and cosines of its columns and of
    its rows, at width / 4 frequencies each (released code of MAE)."""
    frequencies = 10000.0 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    angles = torch.arange(across, dtype=torch.float64)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    columns, rows = waves.repeat(across, 1), waves.repeat_interleave(across, dim=0)
    return torch.cat([columns, rows], dim=1).float()

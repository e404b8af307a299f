"""Distances of the views of a batch, and Hadsell's contrastive loss on them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.methods.contrastive import Hadsell

SMALLEST = 1e-12
"""Squared distance below which two views are in one place, so that no direction leads from one to the other."""


def hadsell_of(z: Tensor, config: Hadsell) -> Tensor:
    """Return ``hadsell`` with the settings of a configuration."""
    return hadsell(z, config.margin, config.negatives == "one_view")


def hadsell(z: Tensor, margin: float, one_view: bool = False) -> Tensor:
    """Return the mean of |u - v+|^2 / 2 over the pairs plus that of max(m - |u - v-|, 0)^2 / 2 over the views and
    their negatives, a scalar, for z (2N, d) where rows i and N + i are a positive pair."""
    batch = len(z) // 2
    attraction = (z[:batch] - z[batch:]).square().sum(dim=1).mean()
    negative = candidates(batch, one_view, z.device)
    distance = squared_distances(z).clamp(min=SMALLEST).sqrt()
    repulsion = F.relu(margin - distance).square()
    return (attraction + (repulsion * negative).sum() / negative.sum()) / 2


def squared_distances(z: Tensor) -> Tensor:
    """Return |z_i - z_j|^2 (V, V) for z (V, d)."""
    squares = z.square().sum(dim=1)
    return squares[:, None] + squares - 2 * z @ z.T


def candidates(batch: int, one_view: bool, device: torch.device) -> Tensor:
    """Return which views are negatives of which, (2N, 2N) of bool: never a view itself or its positive."""
    image = torch.arange(2 * batch, device=device) % batch
    branch = torch.arange(2 * batch, device=device) // batch
    other_image = image[:, None] != image
    return other_image & (branch[:, None] != branch) if one_view else other_image

"""Barlow Twins: features that agree between two views and are not redundant (Zbontar et al. 2021)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.loss.unit import spread, widened
from core.methods.method import Method, Views
from core.methods.pair import view_pair
from core.optimizer.groups import Group


class BarlowTwins(Method):
    """No negatives, predictor or target: a feature that is constant has no correlation with itself."""

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        vectors = [w for w in [*encoder.parameters(), *self.head.parameters()] if w.ndim <= 1]
        return (Group(tuple(vectors), rate=self.settings.vector_rate),)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views(view_pair(batch, self.config.augment, draws))

    def project(self, h: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(map(self.head, h))

    def loss(self, outputs: tuple[Tensor, Tensor], known: Any, batch: Batch) -> Outcome:
        z1, z2 = outputs
        matrix = correlations(z1, z2)
        statistics = {
            "correlation": matrix.detach().diagonal().mean(),
            "spread": (spread(z1) + spread(z2)) / 2,
        }
        return Outcome(self.settings.scale * from_identity(matrix, self.settings.off_diagonal), statistics)


def correlations(z1: Tensor, z2: Tensor) -> Tensor:
    """Return C (d, d) of two views' projections (N, d), over the whole batch, in float32 or wider. Features are
    centred, and divided as a batch norm divides them (``main.py`` of the released code).

    The released code adds the parts of several processes up outside of autograd, so that their mean gradient is
    1 / processes of the true one; here it is the true one.
    """
    a, b = (_standardised(widened(z)) for z in (z1, z2))
    return a.T @ b / len(a)


def from_identity(matrix: Tensor, weight: float) -> Tensor:
    """Return sum_i (1 - C_ii)^2 + weight * sum_i sum_{j != i} C_ij^2, for C (d, d)."""
    diagonal = matrix.diagonal()
    others = matrix - torch.diag(diagonal)
    return (1 - diagonal).square().sum() + weight * others.square().sum()


def _standardised(z: Tensor) -> Tensor:
    """Return what a batch norm without parameters returns."""
    variance, mean = torch.var_mean(z, dim=0, correction=0)
    return (z - mean) / (variance + 1e-5).sqrt()

"""VICReg: variance, invariance and covariance of two views' projections (Bardes et al. 2022)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.dataset import Batch
from core.loss.outcome import Outcome
from core.loss.unit import spread, widened
from core.methods.method import Method, Views
from core.methods.pair import view_pair


class VICReg(Method):
    """No negatives, predictor or target: a hinge keeps every feature's deviation above 1."""

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views(view_pair(batch, self.config.augment, draws))

    def project(self, h: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(map(self.head, h))

    def loss(self, outputs: tuple[Tensor, Tensor], known: Any, batch: Batch) -> Outcome:
        z1, z2 = map(widened, outputs)
        weights, deviations = self.settings, torch.stack([deviation(z1), deviation(z2)])
        loss = (
            weights.invariance * F.mse_loss(z1, z2)
            + weights.variance * F.relu(1 - deviations).mean()
            + weights.covariance * (redundancy(z1) + redundancy(z2))
        )
        statistics = {"deviation": deviations.detach().mean(), "spread": (spread(z1) + spread(z2)) / 2}
        return Outcome(loss, statistics)


def deviation(z: Tensor) -> Tensor:
    """Return the standard deviation (d,) of each feature of z (N, d), as the hinge takes it (``main_vicreg.py``)."""
    return (z.var(dim=0) + 1e-4).sqrt()


def redundancy(z: Tensor) -> Tensor:
    """Return sum_i sum_{j != i} Cov_ij^2 / d of z (N, d) (``main_vicreg.py``)."""
    centred = z - z.mean(dim=0)
    matrix = centred.T @ centred / (len(z) - 1)
    others = matrix - torch.diag(matrix.diagonal())
    return others.square().sum() / z.shape[1]

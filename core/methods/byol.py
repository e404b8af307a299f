"""BYOL: a target's projection of one view is predicted from the other view (Grill et al. 2020)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.predictor import build_predictor
from core.encoder.target import Target
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.method import Method, See, Views
from core.methods.pair import view_pair

Pair = tuple[Tensor, Tensor]


class BYOL(Method):
    """An online network that predicts a slow copy of itself."""

    target: Target

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        has_one, width = self.settings.predictor, config.projection_width
        self.predictor = build_predictor(width, self.settings.hidden) if has_one else nn.Sequential()
        self.target = Target(encoder, self.head)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        pair = view_pair(batch, self.config.augment, draws)
        return Views(pair, pair)

    def known(self, views: Views, see: See) -> tuple[Tensor, ...]:
        return tuple(see(self.target.encoder, self.target.head, each) for each in views.others)

    def project(self, h: tuple[Tensor, ...]) -> tuple[Pair, ...]:
        return tuple((self.predictor(z), z) for z in map(self.head, h))

    def loss(self, outputs: Sequence[Pair], known: Pair, batch: Batch) -> Outcome:
        (p1, z1), (p2, z2) = outputs
        loss = regression(p1, known[1]) + regression(p2, known[0])
        return Outcome(loss, {"spread": (spread(z1) + spread(z2)) / 2})

    def after_step(self, encoder: Encoder, outputs: Sequence[Pair], known: Pair, batch: Batch) -> None:
        self.target.follow(encoder, self.head, rising(self.settings.momentum, self.progress.share))


def regression(p: Tensor, z: Tensor) -> Tensor:
    """Return the mean over rows (N, d) of |p / |p| - z / |z||^2 = 2 - 2 cos(p, z), in float32 or wider:
    ``regression_loss`` of ``byol/utils/helpers.py``."""
    return (unit(p) - unit(z)).square().sum(dim=1).mean()


def rising(momentum: float, share: float) -> float:
    """Return the target's momentum at a share of the training: from ``momentum`` to 1 on a cosine:
    ``target_ema`` of ``byol/utils/schedules.py``."""
    return 1 - (1 - momentum) * (math.cos(math.pi * share) + 1) / 2

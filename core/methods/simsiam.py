"""SimSiam: each view's projection is predicted from the other's (Chen and He 2021)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.predictor import build_predictor
from core.loss.outcome import Outcome
from core.loss.unit import spread, widened
from core.methods.method import Method, Views
from core.methods.pair import view_pair
from core.optimizer.groups import Group

Predicted = tuple[Tensor, Tensor]
"""A view's prediction p and projection z, both (N, d)."""


class SimSiam(Method):
    """Siamese views without negatives, target or queue: a predictor and a stop-gradient keep z from collapsing."""

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        has_one, width = self.settings.predictor, config.projection_width
        self.predictor = build_predictor(width, self.settings.hidden) if has_one else nn.Sequential()

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        return (Group(tuple(self.predictor.parameters()), constant=self.settings.constant_rate),)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views(view_pair(batch, self.config.augment, draws))

    def project(self, h: tuple[Tensor, ...]) -> tuple[Predicted, ...]:
        return tuple((self.predictor(z), z) for z in map(self.head, h))

    def loss(self, outputs: tuple[Predicted, Predicted], known: Any, batch: Batch) -> Outcome:
        (p1, z1), (p2, z2) = outputs
        w1, w2 = (z.detach() if self.settings.stop_gradient else z for z in (z1, z2))
        loss = (negative_cosine(p1, w2) + negative_cosine(p2, w1)) / 2
        return Outcome(loss, {"spread": (spread(z1) + spread(z2)) / 2})


def negative_cosine(p: Tensor, z: Tensor) -> Tensor:
    """Return D(p, z), equation 1: the mean over rows (N, d) of minus their cosine, in float32 or wider."""
    return -F.cosine_similarity(widened(p), widened(z)).mean()

"""Relative position: a classifier predicts from two patches where one lies around the other (Doersch et al. 2015)."""

from typing import Any

import torch
from torch import Tensor, nn

from core.augment.policy import one_view
from core.config.methods.relative_position import POSITIONS
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier, hidden_layer
from core.loss.cross_entropy import cross_entropy
from core.loss.outcome import Outcome
from core.methods.method import Method, Views
from core.methods.patches import grid_patches

MIDDLE = POSITIONS // 2
"""Place of the patch in the middle among all nine."""


class RelativePosition(Method):
    """A pretext task of eight classes, with every outer patch of a view in its own."""

    joint = False

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        hidden: int = config.loss.hidden  # type: ignore[attr-defined]
        return nn.Sequential(hidden_layer(2 * encoder.width, hidden), *build_classifier(hidden, POSITIONS))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        whole = one_view(batch.images, self.config.augment, draws, batch.view_size)
        side = whole.shape[-1]
        return Views((grid_patches(whole, 3, self.settings.size(side), self.settings.jitter(side), draws),))

    def project(self, h: tuple[Tensor, ...]) -> Tensor:
        """Return logits (8 * B, 8), ordered by place: of each outer patch beside the one in the middle."""
        places = h[0].unflatten(0, (POSITIONS + 1, -1))
        outer = torch.cat([places[:MIDDLE], places[MIDDLE + 1 :]])
        pairs = torch.cat([outer, places[MIDDLE].expand_as(outer)], dim=2)
        logits: Tensor = self.head(pairs.flatten(0, 1))
        return logits

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        """Return the mean cross entropy over the outer patches of every view."""
        positions = torch.arange(POSITIONS, device=outputs.device).repeat_interleave(len(outputs) // POSITIONS)
        outcome = cross_entropy(outputs, positions)
        return Outcome(outcome.loss, {"position_top1": outcome.statistics["supervised_top1"]})

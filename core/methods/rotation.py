"""Rotation: a classifier predicts the angle by which a view was turned (Gidaris et al. 2018)."""

from typing import Any

import torch
from torch import Tensor, nn

from core.augment.policy import one_view
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.loss.cross_entropy import cross_entropy
from core.loss.outcome import Outcome
from core.methods.method import Method, Views


class Rotation(Method):
    """A pretext task of four classes, with every image of a batch in each."""

    joint = False

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        return build_classifier(encoder.width, config.loss.angles)  # type: ignore[attr-defined]

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        upright = one_view(batch.images, self.config.augment, draws, batch.view_size)
        quarters = 4 // self.settings.angles
        turned = [upright.rot90(turn * quarters, (2, 3)) for turn in range(self.settings.angles)]
        return Views((torch.cat(turned),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        """Return the mean cross entropy over the angles of every image."""
        angles = torch.arange(self.settings.angles, device=outputs.device)
        outcome = cross_entropy(outputs, angles.repeat_interleave(len(outputs) // self.settings.angles))
        return Outcome(outcome.loss, {"rotation_top1": outcome.statistics["supervised_top1"]})

"""The supervised baseline: one view of every image is classified."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.augment.policy import one_view
from core.config.optimizer import Lars
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.loss.cross_entropy import cross_entropy
from core.loss.outcome import Outcome
from core.methods.method import Method, Views
from core.optimizer.groups import Group


class Supervised(Method):
    """Supervised training with a linear classifier in place of the projection head."""

    joint = False

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        return build_classifier(encoder.width, classes)

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        optimizer = self.config.optimizer
        if isinstance(optimizer, Lars) and not optimizer.adapt_classifier:
            return (Group(tuple(self.head.parameters()), adapt=False),)
        return ()

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((one_view(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        return cross_entropy(outputs, batch.labels)

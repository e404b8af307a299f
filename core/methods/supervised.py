"""The supervised baseline: one view of every image is classified."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.augment.mixing import Mixing, mix
from core.augment.policy import one_view
from core.config.optimizer import Lars
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.distributed import own_share
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.loss.cross_entropy import cross_entropy
from core.loss.outcome import Outcome
from core.methods.method import Method, See, Views
from core.optimizer.groups import Group
from core.randomness import generator


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
        views, mixing = one_view(batch.images, self.config.augment, draws, batch.view_size), None
        if self.settings.mix:
            draws = generator(self.config.seed, "mix", self.progress.step)
            views, mixing = mix(views, self.settings.mix, draws, own_share())
        return Views((views,), mixing)

    def known(self, views: Views, see: See) -> Mixing | None:
        mixing: Mixing | None = views.others
        return mixing

    def loss(self, outputs: Tensor, known: Mixing | None, batch: Batch) -> Outcome:
        return cross_entropy(outputs, batch.labels, known)

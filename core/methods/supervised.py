"""The supervised baseline: one view of every image is classified."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.augment.mixing import mix
from core.augment.policy import one_view
from core.config.optimizer import Lars
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.distributed import own_share
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.loss.cross_entropy import cross_entropy
from core.loss.mixed import MixedTargets
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
        views = one_view(batch.images, self.config.augment, draws, batch.view_size)
        if not self.settings.mix:
            return Views((views,))
        share, draws = own_share(), generator(self.config.seed, "mix", self.progress.step)
        views, mixing = mix(views, self.settings.mix, draws, share)
        own = share.rows(len(batch.labels))
        return Views((views,), MixedTargets(batch.labels[mixing.partners][own], mixing.shares[own]))

    def known(self, views: Views, see: See) -> MixedTargets | None:
        mixed: MixedTargets | None = views.others
        return mixed

    def loss(self, outputs: Tensor, known: MixedTargets | None, batch: Batch) -> Outcome:
        return cross_entropy(outputs, batch.labels, known)

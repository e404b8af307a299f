"""DeepCluster: a classifier predicts an image's cluster from a view, and images are clustered again and again
(Caron et al. 2018)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augment.policy import one_view
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.loss.outcome import Outcome
from core.loss.unit import widened
from core.methods.k_means import evenness, k_means, whitened
from core.methods.method import Method, Trainer, Views
from core.optimizer.groups import Group
from core.randomness import generator


class DeepCluster(Method):
    """The encoder's clusters at the start of an epoch are the labels of that epoch. A new classifier begins with
    them."""

    joint = False

    clusters: Tensor
    sizes: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.register_buffer("clusters", torch.zeros(images, dtype=torch.long))
        self.register_buffer("sizes", torch.zeros(self.settings.clusters))

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        return build_classifier(encoder.width, config.loss.clusters)  # type: ignore[attr-defined]

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        return (Group(tuple(self.head.parameters()), rate=self.settings.classifier_rate, adapt=False),)

    def before_epoch(self, epoch: int, trainer: Trainer) -> None:
        if epoch % self.settings.epochs_between:
            return
        features = whitened(trainer.features(), self.settings.components)
        draws = generator(self.config.seed, "clusters", epoch)
        found = k_means(features, self.settings.clusters, self.settings.rounds, draws)
        self.clusters.copy_(found.numbers)
        self.sizes.copy_(found.sizes)
        self._renew_classifier(generator(self.config.seed, "classifier", epoch))
        trainer.forget(self.head.parameters())

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((one_view(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        """Return the mean over images of w_c (-log p_c), where c is the image's cluster. w_c is n / (k n_c), for k
        clusters that are not empty, with n_c of all n images each. Its mean over all images is 1."""
        logits, wanted = widened(outputs), self.clusters[batch.numbers]
        errors = F.cross_entropy(logits, wanted, reduction="none")
        if self.settings.uniform:
            errors = errors * len(self.clusters) / ((self.sizes > 0).sum() * self.sizes[wanted])
        top1 = (logits.detach().argmax(dim=1) == wanted).float().mean()
        return Outcome(errors.mean(), {"cluster_top1": top1, "clusters_used": evenness(self.sizes)})

    @torch.no_grad()
    def _renew_classifier(self, draws: torch.Generator) -> None:
        weight, bias = self.head.parameters()
        weight.copy_(0.01 * torch.randn(weight.shape, generator=draws))
        bias.zero_()

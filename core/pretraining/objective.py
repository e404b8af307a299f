"""What a training makes of a batch: the views that go through the model, and the loss of what comes out."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from core.augment.policy import one_view, two_views
from core.config.augment import AugmentConfig
from core.config.loss import ContrastiveLoss, CrossEntropy
from core.config.train import PretrainConfig
from core.data.dataset import Batch, Dataset, Split
from core.errors import DataError
from core.loss.contrast import Contrast, contrast
from core.loss.cross_entropy import cross_entropy


class Objective(Protocol):
    """Contrastive or supervised."""

    def views(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """float32 (V, 3, S, S) in [0, 1]."""

    def loss(self, outputs: Tensor, batch: Batch) -> Contrast:
        """outputs (V, d) of the model for those views."""


@dataclass(frozen=True)
class Contrastive:
    """Two views of every image attract each other (Algorithm 1)."""

    augment: AugmentConfig
    config: ContrastiveLoss

    def views(self, batch: Batch, generator: torch.Generator) -> Tensor:
        return two_views(batch.images, self.augment, generator, batch.view_size)

    def loss(self, outputs: Tensor, batch: Batch) -> Contrast:
        return contrast(outputs, self.config)


@dataclass(frozen=True)
class Supervised:
    """One view of every image is classified."""

    augment: AugmentConfig

    def views(self, batch: Batch, generator: torch.Generator) -> Tensor:
        return one_view(batch.images, self.augment, generator, batch.view_size)

    def loss(self, outputs: Tensor, batch: Batch) -> Contrast:
        return cross_entropy(outputs, batch.labels)


def build_objective(config: PretrainConfig) -> Objective:
    if isinstance(config.loss, CrossEntropy):
        return Supervised(config.augment)
    return Contrastive(config.augment, config.loss)


def training_images(config: PretrainConfig, data: Dataset) -> Split:
    """All of them, or for a supervised training those with a label. Raises ``DataError`` where that needs one label
    and the images have several."""
    if not isinstance(config.loss, CrossEntropy):
        return data.train
    if data.train.multi_label:
        raise DataError(f"an image of {data.name} has several labels, and loss.kind cross_entropy needs one")
    return data.train.labelled()

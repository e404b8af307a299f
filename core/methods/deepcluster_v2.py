"""DeepCluster v2: an image's cluster is predicted from two views, by their similarity to the clusters' centres (Caron
et al. 2020)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.augment.policy import two_views
from core.config.methods.deepcluster_v2 import REMEMBERED
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.k_means import evenness, k_means
from core.methods.method import Method, Trainer, Views
from core.randomness import generator


class DeepClusterV2(Method):
    """Several clusterings of what the last epoch projected, whose centres are the classifiers of the next."""

    memory: Tensor
    centres: Tensor
    clusters: Tensor
    sizes: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        times, count, width = self.settings.clusterings, self.settings.clusters, config.projection_width
        self.register_buffer("memory", torch.zeros(REMEMBERED, images, width))
        self.register_buffer("centres", torch.zeros(times, count, width))
        self.register_buffer("clusters", torch.zeros(times, images, dtype=torch.long))
        self.register_buffer("sizes", torch.zeros(times, count))

    def before_epoch(self, epoch: int, trainer: Trainer) -> None:
        if epoch == 0:
            self.memory.copy_(unit(trainer.features(self.head)))
        for number in range(self.settings.clusterings):
            draws = generator(self.config.seed, f"clustering {number}", epoch)
            points = self.memory[number % REMEMBERED]
            found = k_means(points, self.settings.clusters, self.settings.rounds, draws, spherical=True)
            self.centres[number].copy_(found.centres)
            self.clusters[number].copy_(found.numbers)
            self.sizes[number].copy_(found.sizes)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((two_views(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        """Return the mean cross entropy over views and clusterings. A centre's logit is its cosine with z over tau."""
        scores = unit(outputs) @ self.centres.flatten(0, 1).T / self.settings.temperature
        logits = scores.unflatten(1, self.sizes.shape).flatten(0, 1)  # of each view in each clustering
        wanted = self.clusters[:, batch.numbers].T.repeat(REMEMBERED, 1).flatten()
        top1 = (logits.detach().argmax(dim=1) == wanted).float().mean()
        used = torch.stack([evenness(sizes) for sizes in self.sizes]).mean()
        statistics = {"cluster_top1": top1, "clusters_used": used, "spread": spread(outputs)}
        return Outcome(F.cross_entropy(logits, wanted), statistics)

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Any, batch: Batch) -> None:
        z = unit(outputs).unflatten(0, (REMEMBERED, -1)).to(self.memory.dtype)
        self.memory.index_copy_(1, batch.numbers, z)

"""Jigsaw: a classifier predicts the order of a view's patches from all of them (Noroozi and Favaro 2016)."""

from functools import lru_cache
from itertools import permutations
from typing import Any

import torch
from torch import Tensor, nn

from core.augment.draw import draw
from core.augment.policy import one_view
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier, hidden_layer
from core.loss.cross_entropy import cross_entropy
from core.loss.outcome import Outcome
from core.methods.method import Method, See, Views
from core.methods.patches import grid_patches


class Jigsaw(Method):
    """A pretext task with a class for each order of the patches."""

    joint = False

    orders: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        orders = different_orders(self.settings.grid**2, self.settings.permutations)
        self.register_buffer("orders", orders.clone())  # a checkpoint is loaded into it, and not into the cache

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        settings: Any = config.loss
        embed = hidden_layer(encoder.width, settings.embedding)
        return nn.Sequential(embed, *build_classifier(settings.grid**2 * settings.embedding, settings.permutations))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        settings, count = self.settings, len(self.orders)
        whole = one_view(batch.images, self.config.augment, draws, batch.view_size)
        side, images = whole.shape[-1], len(whole)
        patches = grid_patches(whole, settings.grid, settings.size(side), settings.jitter(side), draws)
        order = (draw(torch.rand, whole, draws) * count).long().clamp_(max=count - 1)  # a product may be rounded up
        rows = self.orders[order].T * images + torch.arange(images, device=whole.device)
        return Views((patches[rows.flatten()],), order)

    def known(self, views: Views, see: See) -> Tensor:
        order: Tensor = views.others
        return order

    def project(self, h: tuple[Tensor, ...]) -> Tensor:
        """Return logits (B, permutations)."""
        embed, classify = self.head
        embedded = embed(h[0]).unflatten(0, (self.settings.grid**2, -1))
        logits: Tensor = classify(embedded.transpose(0, 1).flatten(1))
        return logits

    def loss(self, outputs: Tensor, known: Tensor, batch: Batch) -> Outcome:
        outcome = cross_entropy(outputs, known)
        return Outcome(outcome.loss, {"order_top1": outcome.statistics["supervised_top1"]})


@lru_cache(maxsize=4)
def different_orders(patches: int, count: int) -> Tensor:
    """Return ``count`` orders of ``patches`` patches, int64 (count, patches). The first changes nothing; each other one
    has the largest mean Hamming distance from those before it, and is the first of these in lexical order."""
    candidates = torch.tensor(list(permutations(range(patches))))
    distances, chosen = torch.zeros(len(candidates)), [0]
    while len(chosen) < count:
        distances += (candidates != candidates[chosen[-1]]).sum(dim=1)
        distances[chosen[-1]] = -torch.inf
        chosen.append(int(distances.argmax()))
    return candidates[chosen]

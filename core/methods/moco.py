"""MoCo: queries against the keys of their images' other views, and a queue of earlier keys (He et al. 2020)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.target import Target
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.method import Method, See, Views
from core.methods.pair import view_pair
from core.randomness import generator


class MoCo(Method):
    """A dictionary look-up, with a key encoder that follows slowly enough for old keys to stay comparable."""

    target: Target
    queue: Tensor
    written: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.target = Target(encoder, self.head)
        keys = torch.randn(self.settings.queue, config.projection_width, generator=generator(config.seed, "queue"))
        self.register_buffer("queue", F.normalize(keys, dim=1))
        self.register_buffer("written", torch.zeros((), dtype=torch.long))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        pair = view_pair(batch, self.config.augment, draws)
        return Views(pair, pair) if self.settings.symmetric else Views(pair[:1], pair[1:])

    def known(self, views: Views, see: See) -> tuple[Tensor, ...]:
        return tuple(unit(see(self.target.encoder, self.target.head, each)) for each in views.others)

    def project(self, h: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(map(self.head, h))

    def loss(self, outputs: tuple[Tensor, ...], known: tuple[Tensor, ...], batch: Batch) -> Outcome:
        tau, among_batch = self.settings.temperature, self.settings.batch_negatives
        pairs = zip(map(unit, outputs), known[::-1], strict=True)  # each view's key is of the other view
        found = [look_up(queries, keys, self.queue, tau, among_batch) for queries, keys in pairs]
        loss, top1 = (torch.stack(each).mean() for each in zip(*found, strict=True))
        return Outcome(loss, {"queue_top1": top1, "spread": spread(torch.cat(outputs))})

    def after_step(
        self, encoder: Encoder, outputs: tuple[Tensor, ...], known: tuple[Tensor, ...], batch: Batch
    ) -> None:
        enqueue(torch.cat(known), self.queue, self.written)
        self.target.follow(encoder, self.head, self.settings.momentum)


def enqueue(keys: Tensor, queue: Tensor, written: Tensor) -> None:
    """Write keys (..., N, d) over the oldest of a queue (..., K, d). ``written`` counts all keys so far, a scalar."""
    number = keys.shape[-2]
    places = (written + torch.arange(number, device=keys.device)) % queue.shape[-2]
    queue.index_copy_(-2, places, keys.to(queue.dtype))
    written += number


class Found(NamedTuple):
    """Result of a look-up, scalars."""

    loss: Tensor
    top1: Tensor
    """Share of queries, from 0 to 1, that are more similar to their own key than to any negative."""


def look_up(queries: Tensor, keys: Tensor, queue: Tensor, temperature: float, among_batch: bool = False) -> Found:
    """Return InfoNCE: the (K + 1)-way cross entropy of normalised queries (N, d) with their own ``keys``
    (N, d), against a ``queue`` (K, d) of negatives. ``among_batch``: the other N - 1 keys are negatives too."""
    if among_batch:
        own, wanted = queries @ keys.T, torch.arange(len(queries), device=queries.device)
    else:
        own = (queries * keys).sum(dim=1, keepdim=True)
        wanted = own.new_zeros(len(own), dtype=torch.long)
    logits = torch.cat([own, queries @ queue.to(queries.dtype).T], dim=1) / temperature
    top1 = (logits.detach().argmax(dim=1) == wanted).float().mean()
    return Found(F.cross_entropy(logits, wanted), top1)

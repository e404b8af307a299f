"""The steps of a training, each from a batch to gradients."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.augment.draw import shared
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.distributed import Share
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.methods.method import Head, Method, Views
from core.numerics import Numerics
from core.pretraining.backward import Backward
from core.pretraining.chunks import Dealer
from core.pretraining.encode import Encode
from core.pretraining.rows import Rows, each_tensor
from core.randomness import generator


class Done(NamedTuple):
    """Result of a step, for ``Method.after_step`` and for the record."""

    outcome: Outcome
    outputs: Any
    """Outputs without a gradient."""
    known: Any
    batch: Batch


@dataclass(frozen=True)
class Steps:
    """The steps of a training, which call the method's hooks in a fixed order. Random numbers depend on seed and step
    only."""

    config: PretrainConfig
    encoder: Encoder
    method: Method
    numerics: Numerics
    share: Share
    device: torch.device

    def run(self, number: int, batch: Batch) -> Done:
        """Take step ``number``, counted from 0: add the gradient of the batch's loss to that of every weight."""
        method, rows = self.method, self._rows
        draws = shared(self._draws("augmentation", number), self.share, self.config.batch_size)
        views = method.views(batch, draws)
        self._check(views)
        seen = rows.of_batch(batch)
        with torch.no_grad():
            known = method.known(views, Seeing(self._encode, self._dealer("key chunks", number), rows))
        detached: list[Any] = []

        def loss(h: tuple[Tensor, ...]) -> Outcome:
            with self.numerics.autocast(self.device):
                own = method.project(h)
            outputs = rows.of_outputs(own)
            detached.append(each_tensor(Tensor.detach, outputs))
            return method.loss(outputs, known, seen)

        backward, dealer = Backward(self.encoder, self._encode), self._dealer("chunks", number)
        if dealer is None:
            outcome = backward.whole(views.trained, loss)
        else:
            outcome = backward.in_chunks(views.trained, loss, tuple(map(dealer, views.trained)))
        return Done(outcome, detached[0], known, seen)

    def _check(self, views: Views) -> None:
        """Raise ValueError where the method's views are not those that its configuration promises."""
        images = self.config.batch_size // self.share.processes
        found = [len(block) / images for block in views.trained]
        promised = [each.copies for each in self.config.trained_passes]
        if found != promised:
            raise ValueError(
                f"loss.kind {self.config.loss.kind}: passes promises blocks of {promised} views of each image, and "
                f"views returned {found}"
            )

    @property
    def _rows(self) -> Rows:
        return Rows(self.method.joint, self.share, self.config.batch_size)

    @property
    def _encode(self) -> Encode:
        return Encode(self.numerics, self.method.reads, self.method.visible)

    def _dealer(self, purpose: str, number: int) -> Dealer | None:
        """Return how views are dealt out to chunks; None where batch norm takes its statistics over whole blocks."""
        chunk, copies = self.config.batch_norm_chunk, max(each.copies for each in self.config.passes)
        if chunk is None or copies * self.config.batch_size <= chunk:
            return None
        return Dealer(chunk, self.share, self.config.batch_size, self._draws(purpose, number))

    def _draws(self, purpose: str, number: int) -> torch.Generator:
        return generator(self.config.seed, purpose, number, self.device)


@dataclass(frozen=True)
class Seeing:
    """Runs encoders without a gradient: the ``See`` of a step."""

    encode: Encode
    dealer: Dealer | None
    """Deals keys out to chunks by draws of their own, so that a key shares a chunk with its query as rarely as with
    others."""
    rows: Rows

    @torch.no_grad()
    def __call__(self, encoder: Encoder, head: Head, views: Tensor) -> Tensor:
        if self.dealer is None:
            h = self.encode(encoder, views)
        else:
            h = self.encode.in_chunks(encoder, views, self.dealer(views))
        with self.encode.numerics.autocast(h.device):
            own = head(h)
        seen: Tensor = self.rows.of_outputs(own)
        return seen

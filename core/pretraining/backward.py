"""The gradient of a batch's loss: all views through the encoder in one pass, or in chunks."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.distributed import Share
from core.encoder.recompute import running_statistics_kept
from core.loss.contrast import Contrast
from core.numerics import Numerics

Loss = Callable[[Tensor], Contrast]
"""Of the outputs (V, d) of encoder and head for all views."""


@dataclass(frozen=True)
class Backward:
    """Adds the loss's gradient to that of every weight. views (V, 3, S, S); never waits for the device."""

    encoder: nn.Module
    head: nn.Module
    numerics: Numerics

    def whole(self, views: Tensor, loss: Loss) -> Contrast:
        """All views in one pass: batch norm takes its statistics over all of them."""
        return self._project(self._encode(views), loss)

    def in_chunks(self, views: Tensor, loss: Loss, chunks: tuple[Tensor, ...]) -> Contrast:
        """The encoder runs on one chunk at a time, and its batch norms take their statistics over each.

        ``chunks`` are the views' rows. The loss is that of the whole batch, and the gradient is exact (Gao et al.
        2021): h is computed without keeping any activations, the loss gives its gradient to h, and each chunk is
        run again to pass its rows of it on. The running statistics take in every chunk of the first run, in turn.
        """
        h = self._encode_without_gradient(views, chunks).requires_grad_()
        result = self._project(h, loss)
        assert h.grad is not None
        with running_statistics_kept(self.encoder):
            for rows in chunks:
                self._encode(views[rows]).backward(h.grad[rows])
        return result

    @torch.no_grad()
    def _encode_without_gradient(self, views: Tensor, chunks: tuple[Tensor, ...]) -> Tensor:
        h = torch.cat([self._encode(views[rows]) for rows in chunks])
        return torch.empty_like(h).index_copy_(0, torch.cat(chunks), h)

    def _encode(self, views: Tensor) -> Tensor:
        with self.numerics.autocast(views.device):
            h: Tensor = self.encoder(views.contiguous(memory_format=self.numerics.memory_format))
        return h

    def _project(self, h: Tensor, loss: Loss) -> Contrast:
        with self.numerics.autocast(h.device):
            outputs = self.head(h)
        result = loss(outputs)
        result.loss.backward()
        return result


def random_chunks(views: Tensor, size: int, generator: torch.Generator, processes: int = 1) -> tuple[Tensor, ...]:
    """The rows of views (V, ...) of each of so many processes together, dealt out at random in chunks of ``size``.

    So a view shares a chunk with its positive as rarely as with any negative, and the statistics of batch norm
    give no hint of which is which: the leak that global batch norm closes in the paper (Sec 2.2) and shuffling in
    MoCo (He et al. 2020, Sec 3.3). Consecutive rows would share no chunk with their positives, but two chunks
    would be views of the same images and have much the same statistics; and each would be of one branch, which
    hides from the loss how the branches of an asymmetric policy differ.
    """
    order = torch.rand(processes * len(views), generator=generator, device=views.device).argsort()
    return torch.split(order, size)


def own_rows(chunks: tuple[Tensor, ...], share: Share, batch_size: int) -> tuple[Tensor, ...]:
    """Of chunks of the rows of all views, those that this process has, as rows of its own views; of some chunks perhaps
    none. A GPU is waited for, since only the numbers drawn say how many they are."""
    if share.processes == 1:
        return chunks
    own = share.rows(batch_size)
    return tuple(_own_rows(chunk.cpu(), own, batch_size).to(chunk.device) for chunk in chunks)


def _own_rows(chunk: Tensor, own: slice, batch_size: int) -> Tensor:
    image, copy = chunk % batch_size, chunk // batch_size
    rows: Tensor = copy * (own.stop - own.start) + image - own.start
    return rows[(image >= own.start) & (image < own.stop)]

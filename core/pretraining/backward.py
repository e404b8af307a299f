"""Gradients of a batch's loss, with each block of views in one pass through the encoder or in chunks."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.encoder.encoder import Encoder
from core.encoder.layers.recompute import running_statistics_kept
from core.loss.outcome import Outcome
from core.pretraining.chunks import Chunks
from core.pretraining.encode import Encode

Loss = Callable[[tuple[Tensor, ...]], Outcome]
"""Function from each block's h, with a gradient, to the loss of all blocks together."""


@dataclass(frozen=True)
class Backward:
    """Adds the gradient of a loss to that of every weight. Never waits for the device.

    A block is a tensor of views (V, C, S, S) with its own batch norm statistics.
    """

    encoder: Encoder
    encode: Encode

    def whole(self, blocks: tuple[Tensor, ...], loss: Loss) -> Outcome:
        """Run each block in one pass: batch norm takes its statistics over all of its views."""
        outcome = loss(tuple(self.encode(self.encoder, views) for views in blocks))
        outcome.loss.backward()
        return outcome

    def in_chunks(self, blocks: tuple[Tensor, ...], loss: Loss, chunks: tuple[Chunks, ...]) -> Outcome:
        """Run the encoder on one chunk of a block at a time, with batch norm statistics of each chunk.

        ``chunks`` are the rows of each block's views. The loss is that of the whole batch, and the gradient is exact
        (Gao et al. 2021): h is computed without keeping any activations, the loss gives its gradient with respect to h,
        and each chunk is run again to pass on the gradient of its rows. The running statistics count every chunk of the
        first run, in order.
        """
        with torch.no_grad():
            found = [self.encode.in_chunks(self.encoder, *each) for each in zip(blocks, chunks, strict=True)]
        h = tuple(each.requires_grad_() for each in found)
        outcome = loss(h)
        outcome.loss.backward()
        with running_statistics_kept(self.encoder):
            for views, each, parts in zip(blocks, h, chunks, strict=True):
                assert each.grad is not None
                for rows in parts:
                    self.encode(self.encoder, views[rows]).backward(each.grad[rows])
        return outcome

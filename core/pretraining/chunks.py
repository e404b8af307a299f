"""Chunks of a batch's views, over which batch norm takes its statistics."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.distributed import Share

Chunks = tuple[Tensor, ...]
"""Rows of each chunk, int64 (size,)."""


@dataclass(frozen=True)
class Dealer:
    """Deals views out to chunks of one size, by a new draw for every block of views."""

    size: int
    share: Share
    batch_size: int
    draws: torch.Generator

    def __call__(self, views: Tensor) -> Chunks:
        """Return the rows of this process's views (V, C, S, S) in each chunk. A block that is not larger than a chunk
        is one chunk."""
        if self.share.processes * len(views) <= self.size:
            return (torch.arange(len(views), device=views.device),)
        chunks = random_chunks(views, self.size, self.draws, self.share.processes)
        return own_rows(chunks, self.share, self.batch_size)


def random_chunks(views: Tensor, size: int, generator: torch.Generator, processes: int = 1) -> Chunks:
    """Return the rows of the views (V, ...) of all processes together, dealt out at random to chunks of ``size``.

    So a view shares a chunk with its positive as rarely as with any negative, and the statistics of batch norm give no
    hint about which is which. Such a hint is the leak that global batch norm closes in the paper (Sec 2.2), and
    shuffling in MoCo (He et al. 2020, Sec 3.3). If rows were consecutive, no view would share a chunk with its
    positive, but two chunks would be views of the same images with nearly the same statistics. Each chunk would also be
    of one branch, which would hide from the loss how the branches of an asymmetric policy differ.
    """
    order = torch.rand(processes * len(views), generator=generator, device=views.device).argsort()
    return torch.split(order, size)


def own_rows(chunks: Chunks, share: Share, batch_size: int) -> Chunks:
    """Return the rows of this process in chunks of the rows of all processes, as rows of its own views; in some chunks
    it may have none. This waits for a GPU, since only the drawn numbers say how many rows there are."""
    if share.processes == 1:
        return chunks
    own = share.rows(batch_size)
    return tuple(_own_rows(chunk.cpu(), own, batch_size).to(chunk.device) for chunk in chunks)


def _own_rows(chunk: Tensor, own: slice, batch_size: int) -> Tensor:
    image, copy = chunk % batch_size, chunk // batch_size
    rows: Tensor = copy * (own.stop - own.start) + image - own.start
    return rows[(image >= own.start) & (image < own.stop)]

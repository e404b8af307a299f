"""Batches of images, in the order in which they are trained on."""

import itertools
from collections.abc import Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from core.canvas import Canvas
from core.data.ahead import decode_ahead
from core.data.dataset import Batch, Split
from core.data.streamed import StreamedImages
from core.distributed import Share
from core.hardware import free_bytes, send
from core.randomness import generator


class Batches:
    """Batches by the number of their step. Every epoch is a new permutation, without its incomplete last batch.

    If images are streamed, the batches that follow the one asked for last are decoded ahead, so it is best to ask for
    them in order. If there is a ``share``, only its own images are read.
    """

    def __init__(
        self, split: Split, batch_size: int, seed: int, device: torch.device, share: Share | None = None
    ) -> None:
        self.images = split.images
        self.labels = split.labels
        self.view_size = split.view_size
        self.batch_size = batch_size
        self.steps_per_epoch = len(split) // batch_size
        self._own = (share or Share()).rows(batch_size)
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order, self._labels, self._numbers = torch.empty(0), torch.empty(0), torch.empty(0)
        self._stream: Generator[Tensor | Canvas, None, None] | None = None
        self._streamed_next = -1

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of a step on the device: all its images, or the share's, with the labels of all. Raises
        ``DataError`` as ``decode_ahead`` does."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._begin(epoch)
        batch = slice(position * self.batch_size, (position + 1) * self.batch_size)
        images: Tensor | Canvas
        if isinstance(self.images, StreamedImages):
            images = self._decoded(self.images, step)
        else:
            chosen = self._order[batch][self._own]
            images = send(self.images[chosen], self._device)  # on the CPU only if not all of them fit on the device
        return Batch(images, self._labels[batch], self.view_size, numbers=self._numbers[batch])

    def close(self) -> None:
        """End the decoding ahead. Asking for a batch starts it again."""
        if self._stream:
            self._stream.close()
        self._stream = None

    def _begin(self, epoch: int) -> None:
        order = epoch_order(len(self.images), self._seed, epoch)
        self._epoch = epoch
        self._labels = send(self.labels[order], self._device)
        self._numbers = send(order, self._device)
        if isinstance(self.images, Tensor):
            self._order = order if self.images.device.type == "cpu" else self._numbers

    def _decoded(self, images: StreamedImages, step: int) -> Tensor | Canvas:
        if self._stream is None or step != self._streamed_next:
            self.close()
            order, own = batches_from(step, len(images), self.batch_size, self._seed), self._own
            self._stream = decode_ahead(images, (batch[own] for batch in order), self._device)
        self._streamed_next = step + 1
        return next(self._stream)


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """Return a permutation (count,) of an epoch's images, on the CPU."""
    return torch.randperm(count, generator=generator(seed, "order", epoch))


def batches_from(step: int, count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Yield the indices (batch_size,) of a step's images and of all steps after it, without end."""
    first, position = divmod(step, count // batch_size)
    for epoch in itertools.count(first):
        whole = epoch_order(count, seed, epoch)[: count // batch_size * batch_size]
        yield from whole.split(batch_size)[position:]
        position = 0


def in_order(images: Tensor | StreamedImages, batch_size: int, device: torch.device) -> Iterator[Tensor | Canvas]:
    """Yield all images in their order, uint8 (batch_size, C, S, S) or a canvas on the device; the last batch may be
    smaller."""
    if isinstance(images, StreamedImages):
        return decode_ahead(images, torch.arange(len(images)).split(batch_size), device)
    return (batch.to(device, non_blocking=True) for batch in images.split(batch_size))


def place(split: Split, device: torch.device, share: float = 0.5) -> Split:
    """Move the images of a split to the device, unless they are streamed or would take more than ``share`` of a GPU's
    free memory."""
    if isinstance(split.images, StreamedImages):
        return split
    if device.type == "cuda" and split.images.nbytes > share * free_bytes(device):
        return split
    return replace(split, images=split.images.to(device))

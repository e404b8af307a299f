"""The order in which images are trained on."""

import itertools
from collections.abc import Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from core.data.ahead import decode_ahead
from core.data.dataset import Batch, Split
from core.data.streamed import StreamedImages
from core.distributed import Share
from core.hardware import free_bytes
from core.randomness import generator


class Batches:
    """The batch of any step. Every epoch is a new permutation, its incomplete last batch left out.

    Of streamed images the steps after the one that was last asked for are decoded meanwhile, so that they are best
    asked for in their order. Of a ``share``, only its own images are read.
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
        self._stream: Generator[Tensor, None, None] | None = None
        self._streamed_next = -1

    def __getitem__(self, step: int) -> Batch:
        """batch_size images, or the share's, and the labels of all, on the device. Raises ``DataError`` as
        ``decode_ahead`` does."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._begin(epoch)
        batch = slice(position * self.batch_size, (position + 1) * self.batch_size)
        if isinstance(self.images, StreamedImages):
            images = self._decoded(self.images, step)
        else:
            chosen = self._order[batch][self._own]
            images = self._send(self.images[chosen], self._device)  # which travel only if not all did fit
        return Batch(images, self._labels[batch], self.view_size, numbers=self._numbers[batch])

    def close(self) -> None:
        """End what decodes ahead. A step that is asked for later begins it again."""
        if self._stream:
            self._stream.close()
        self._stream = None

    def _begin(self, epoch: int) -> None:
        order = epoch_order(len(self.images), self._seed, epoch)
        self._epoch = epoch
        self._labels = self._send(self.labels[order], self._device)
        self._numbers = self._send(order, self._device)
        if isinstance(self.images, Tensor):
            self._order = order if self.images.device.type == "cpu" else self._numbers

    def _decoded(self, images: StreamedImages, step: int) -> Tensor:
        if self._stream is None or step != self._streamed_next:
            self.close()
            order, own = batches_from(step, len(images), self.batch_size, self._seed), self._own
            self._stream = decode_ahead(images, (batch[own] for batch in order), self._device)
        self._streamed_next = step + 1
        return next(self._stream)

    @staticmethod
    def _send(values: Tensor, device: torch.device) -> Tensor:
        """To the device without waiting for it: what leaves the CPU must be pinned for that."""
        if values.device.type == "cpu" and device.type == "cuda":
            values = values.pin_memory()
        return values.to(device, non_blocking=True)


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """A permutation of so many images, (count,) on the CPU."""
    return torch.randperm(count, generator=generator(seed, "order", epoch))


def batches_from(step: int, count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Without end, the indices (batch_size,) of that step's images and of the steps after it."""
    first, position = divmod(step, count // batch_size)
    for epoch in itertools.count(first):
        whole = epoch_order(count, seed, epoch)[: count // batch_size * batch_size]
        yield from whole.split(batch_size)[position:]
        position = 0


def in_order(images: Tensor | StreamedImages, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """All images in their order, uint8 (batch_size, 3, S, S) and a smaller rest, on the device."""
    if isinstance(images, StreamedImages):
        return decode_ahead(images, torch.arange(len(images)).split(batch_size), device)
    return (batch.to(device, non_blocking=True) for batch in images.split(batch_size))


def place(split: Split, device: torch.device, share: float = 0.5) -> Split:
    """Its images on the device, or where they are if they are streamed or would take more than ``share`` of a GPU's
    free memory."""
    if isinstance(split.images, StreamedImages):
        return split
    if device.type == "cuda" and split.images.nbytes > share * free_bytes(device):
        return split
    return replace(split, images=split.images.to(device))

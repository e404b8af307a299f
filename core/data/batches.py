"""The order in which images are trained on."""

import torch
from torch import Tensor

from core.data.dataset import Split
from core.randomness import generator


class Batches:
    """The batch of any step. Every epoch is a new permutation, its incomplete last batch left out."""

    def __init__(self, split: Split, batch_size: int, seed: int, device: torch.device) -> None:
        self.images = split.images
        self.labels = split.labels
        self.batch_size = batch_size
        self.steps_per_epoch = len(split) // batch_size
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order, self._labels = torch.empty(0), torch.empty(0)

    def __getitem__(self, step: int) -> Split:
        """batch_size images and their labels, on the device."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self.images), generator=generator(self._seed, "order", epoch))
            self._order, self._epoch = self._send(order, self.images.device), epoch
            self._labels = self._send(self.labels[order], self._device)
        batch = slice(position * self.batch_size, (position + 1) * self.batch_size)
        images = self.images[self._order[batch]]
        return Split(self._send(images, self._device), self._labels[batch])  # images travel only if not all did fit

    @staticmethod
    def _send(values: Tensor, device: torch.device) -> Tensor:
        """To the device without waiting for it: what leaves the CPU must be pinned for that."""
        if values.device.type == "cpu" and device.type == "cuda":
            values = values.pin_memory()
        return values.to(device, non_blocking=True)


def place(split: Split, device: torch.device, share: float = 0.5) -> Split:
    """Its images on the device, or where they are if they would take more than ``share`` of a GPU's free memory."""
    if device.type == "cuda" and split.images.nbytes > share * torch.cuda.mem_get_info(device)[0]:
        return split
    return Split(split.images.to(device), split.labels)

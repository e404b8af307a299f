"""The order in which images are trained on."""

import torch
from torch import Tensor

from core.randomness import generator


class Batches:
    """The batch of any step. Every epoch is a new permutation, its incomplete last batch left out."""

    def __init__(self, images: Tensor, batch_size: int, seed: int, device: torch.device) -> None:
        self.images = images
        self.batch_size = batch_size
        self.steps_per_epoch = len(images) // batch_size
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order = torch.empty(0)

    def __getitem__(self, step: int) -> Tensor:
        """uint8 (batch_size, 3, S, S) on the device."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self.images), generator=generator(self._seed, "order", epoch))
            self._order, self._epoch = self._send(order, self.images.device), epoch
        batch = self.images[self._order[position * self.batch_size :][: self.batch_size]]
        return self._send(batch, self._device)  # does nothing unless the images did not fit: only the batch travels

    @staticmethod
    def _send(values: Tensor, device: torch.device) -> Tensor:
        """To the device without waiting for it: what leaves the CPU must be pinned for that."""
        if values.device.type == "cpu" and device.type == "cuda":
            values = values.pin_memory()
        return values.to(device, non_blocking=True)


def place(images: Tensor, device: torch.device, share: float = 0.5) -> Tensor:
    """The images on the device, or where they are if they would take more than ``share`` of a GPU's free memory."""
    if device.type != "cuda" or images.nbytes <= share * torch.cuda.mem_get_info(device)[0]:
        return images.to(device)
    return images

"""Images of different shapes in one tensor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Canvas:
    """A batch of images that keep their shapes: each is in the upper left corner of a square, the rest of which is 0.

    It has ``copies`` rows of each image, ordered by copy, without copying any pixel.
    """

    pixels: Tensor
    """uint8 (N, C, L, L)."""
    sizes: Tensor
    """Height and width of each image in pixels, int64 (N, 2)."""
    copies: int = 1

    def __len__(self) -> int:
        return self.copies * len(self.pixels)

    @property
    def device(self) -> torch.device:
        return self.pixels.device

    @property
    def edges(self) -> tuple[Tensor, Tensor]:
        """Height and width of the image in each row, float32 (copies * N,) each."""
        height, width = self.sizes.float().repeat(self.copies, 1).unbind(dim=1)
        return height, width

    def twice(self) -> "Canvas":
        """Return every row two times, ordered by copy."""
        return replace(self, copies=2 * self.copies)

    def rows(self, start: int, stop: int) -> Tensor:
        """Return the pixels of some rows as float32 (stop - start, C, L, L) in [0, 1]."""
        chosen = torch.arange(start, stop, device=self.device) % len(self.pixels)
        return self.pixels[chosen].float().div_(255)


def on_canvas(images: Sequence[Tensor], side: int, channels: int = 3) -> Canvas:
    """Return uint8 images (channels, H, W), none of them larger than ``side``, as one canvas."""
    pixels = torch.zeros(len(images), channels, side, side, dtype=torch.uint8)
    for place, image in zip(pixels, images, strict=True):
        place[:, : image.shape[1], : image.shape[2]] = image
    return Canvas(pixels, torch.tensor([image.shape[1:] for image in images], dtype=torch.int64).reshape(-1, 2))


def square_boxes(canvas: Canvas, share: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return (top, left, height, width), float32 (rows,) each, of the square in the middle of each image whose side is
    this share of the image's shorter side, in whole pixels."""
    height, width = canvas.edges
    side = (share * torch.minimum(height, width)).round().clamp(min=1)
    return ((height - side) / 2).floor(), ((width - side) / 2).floor(), side, side

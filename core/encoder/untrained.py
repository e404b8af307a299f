"""Representations that are computed from the image without training."""

import torch
from torch import Tensor

from core.config.encoder import ColourHistogramConfig, PixelsConfig
from core.encoder.encoder import Encoder
from core.resample import resize


class Untrained(Encoder):
    """Base of the encoders without weights. Their one buffer says on which device they are, and tells them apart."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("outputs", torch.tensor(width))


class Pixels(Untrained):
    """The image itself."""

    def __init__(self, config: PixelsConfig, image_size: int, channels: int) -> None:
        super().__init__(config.output_of(channels))
        self.side = config.side

    def forward(self, views: Tensor) -> Tensor:
        """Return all values of views (B, C, S, S), resized: (B, C * side * side)."""
        return resize(views, self.side).flatten(1)


class ColourHistogram(Untrained):
    """Shares of an image's pixels by their colour."""

    def __init__(self, config: ColourHistogramConfig, image_size: int) -> None:
        super().__init__(config.output)
        self.bins = config.bins

    def forward(self, views: Tensor) -> Tensor:
        """Return the share of the pixels of views (B, 3, S, S) in [0, 1] that are in each bin, (B, bins^3), ordered by
        red, then green, then blue."""
        red, green, blue = (views.flatten(2) * self.bins).long().clamp_(0, self.bins - 1).unbind(dim=1)
        numbers = (red * self.bins + green) * self.bins + blue
        counts = views.new_zeros(len(views), self.width)
        return counts.scatter_add_(1, numbers, torch.ones_like(numbers, dtype=counts.dtype)) / numbers.shape[1]

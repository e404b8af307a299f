"""The context network of CPC, which sees no patch below its own."""

import torch.nn.functional as F
from torch import Tensor, nn


def build_context(width: int, channels: int, blocks: int) -> nn.Sequential:
    """Build a network from maps (B, width, H, W) to contexts of the same shape. A context depends on its own row and on
    as many rows above it as there are blocks: ``pixelCNN`` of CPC v2's appendix A.2."""
    return nn.Sequential(*(_Block(width, channels) for _ in range(blocks)), nn.ReLU())


class _Block(nn.Module):
    """A residual block: all columns of a row and its neighbours, and the row above."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(width, channels, 1)
        self.across = nn.Conv2d(channels, channels, (1, 3), padding=(0, 1))
        self.above = nn.Conv2d(channels, channels, (2, 1))
        self.expand = nn.Conv2d(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.across(self.reduce(x).relu())
        y = self.above(F.pad(y, (0, 0, 1, 0))).relu()
        changed: Tensor = x + self.expand(y)
        return changed

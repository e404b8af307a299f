"""Several projection heads over one representation."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Spaces(nn.Module):
    """Heads that each map h (B, width) to an embedding space of its own."""

    def __init__(self, heads: Iterable[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, h: Tensor) -> Tensor:
        """Return all spaces side by side, (B, spaces * d)."""
        return torch.cat([head(h) for head in self.heads], dim=1)

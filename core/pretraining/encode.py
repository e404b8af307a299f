"""How a training runs an encoder: its precision, its memory layout, and the output that it reads."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from core.encoder.encoder import Encoder
from core.numerics import Numerics
from core.pretraining.chunks import Chunks


@dataclass(frozen=True)
class Encode:
    """Maps views (V, C, S, S) to h (V, width), or to the last map (V, width, H, W) or the tokens of visible patches
    where a method reads these."""

    numerics: Numerics
    reads: Literal["h", "map", "tokens"] = "h"
    visible: int = 0
    """Number of visible patches of each view, where it reads tokens."""

    def __call__(self, encoder: Encoder, views: Tensor) -> Tensor:
        views = views.contiguous(memory_format=self.numerics.memory_format)
        with self.numerics.autocast(views.device):
            if self.reads == "tokens":
                return encoder.tokens(views, self.visible)
            output: Tensor = encoder(views) if self.reads == "h" else encoder.map(views)
        return output

    def in_chunks(self, encoder: Encoder, views: Tensor, chunks: Chunks) -> Tensor:
        """Return the same, computed for one chunk at a time."""
        outputs = torch.cat([self(encoder, views[rows]) for rows in chunks])
        return torch.empty_like(outputs).index_copy_(0, torch.cat(chunks), outputs)

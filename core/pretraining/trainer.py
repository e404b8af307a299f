"""Services of a training that a method may use before an epoch."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.data.dataset import Split
from core.distributed import Share, gathered
from core.encoder.encoder import Encoder
from core.numerics import Numerics
from core.trained.features import extract


@dataclass(frozen=True)
class EpochStart:
    """The ``Trainer`` of a training between two epochs."""

    encoder: Encoder
    images: Split
    optimizer: Optimizer
    numerics: Numerics
    share: Share
    device: torch.device

    def features(self, head: nn.Module | None = None) -> Tensor:
        """Return the features of all images. Every process encodes an equal part; the last image fills a part that is
        too short."""
        count, processes = len(self.images), self.share.processes
        own = torch.arange(self.share.rank, -(-count // processes) * processes, processes).clamp(max=count - 1)
        part = self.images[own] if processes > 1 else self.images
        model = nn.Sequential(self.encoder, head) if head else self.encoder
        found = extract(model, part.images, self.numerics, self.device, part.view_size)
        return gathered(found).transpose(0, 1).flatten(0, 1)[:count] if processes > 1 else found

    def forget(self, parameters: Iterable[nn.Parameter]) -> None:
        for parameter in parameters:
            self.optimizer.state.pop(parameter, None)

"""SimCLR: two views of every image attract each other (Algorithm 1)."""

from typing import Any

import torch
from torch import Tensor

from core.augment.policy import two_views
from core.data.dataset import Batch
from core.loss.contrast import contrast
from core.loss.outcome import Outcome
from core.methods.method import Method, Views


class SimCLR(Method):
    """SimCLR, with any contrastive loss."""

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((two_views(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        return contrast(outputs, self.settings)

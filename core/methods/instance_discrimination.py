"""Instance discrimination: each image is told from all others by a memory of their projections (Wu et al. 2018)."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.augment.policy import one_view
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.method import Method, Views
from core.randomness import generator


class InstanceDiscrimination(Method):
    """A classifier whose weights are a memory, with an entry for each image."""

    memory: Tensor
    log_normaliser: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        entries = torch.rand(images, config.projection_width, generator=generator(config.seed, "memory"))
        self.register_buffer("memory", (2 * entries - 1) * math.sqrt(3 / config.projection_width))
        self.register_buffer("log_normaliser", torch.zeros(()))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((one_view(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        z, memory = unit(outputs), self.memory.to(torch.promote_types(outputs.dtype, self.memory.dtype))
        own = memory[batch.numbers]
        if self.settings.negatives:
            logits = torch.einsum("bd,bmd->bm", z, memory[self.drawn(batch)]) / self.settings.temperature
            loss, wanted = self._estimated(logits), torch.zeros_like(batch.numbers)
        else:
            logits, wanted = z @ memory.T / self.settings.temperature, batch.numbers
            loss = F.cross_entropy(logits, wanted)
        proximal = (z - own).square().sum(dim=1).mean()
        top1 = (logits.detach().argmax(dim=1) == wanted).float().mean()
        return Outcome(loss + self.settings.proximal * proximal, {"memory_top1": top1, "spread": spread(outputs)})

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Any, batch: Batch) -> None:
        mixed = self.memory[batch.numbers].lerp(unit(outputs).to(self.memory.dtype), 1 - self.settings.momentum)
        self.memory.index_copy_(0, batch.numbers, F.normalize(mixed, dim=1))

    def drawn(self, batch: Batch) -> Tensor:
        """Return the images (N, 1 + m) whose entries each image is compared with: itself, then its negatives."""
        device, size = batch.numbers.device, (len(batch.numbers), self.settings.negatives)
        draws = generator(self.config.seed, "negatives", self.progress.step, device)
        negatives = torch.randint(len(self.memory), size, generator=draws, device=device)
        return torch.cat([batch.numbers[:, None], negatives], dim=1)

    def _estimated(self, logits: Tensor) -> Tensor:
        """Return the loss of noise-contrastive estimation for logits (N, 1 + m), the positive first. Z is n times the
        mean exponential of the first step (``lib/NCEAverage.py``), or a moving average over all steps."""
        estimate = logits.detach().logsumexp(dim=(0, 1)) + math.log(len(self.memory) / logits.numel())
        kept = self.settings.normaliser_momentum
        if self.progress.step == 0:
            self.log_normaliser.copy_(estimate)
        elif kept < 1:
            followed = torch.logaddexp(self.log_normaliser + math.log(kept), estimate + math.log1p(-kept))
            self.log_normaliser.copy_(followed)
        return noise_contrastive(logits - self.log_normaliser, len(self.memory))


def noise_contrastive(log_p: Tensor, images: int) -> Tensor:
    """Return the mean over rows of -log h(positive) - sum log(1 - h(negative)), where h = p / (p + m / n) is the
    probability that an entry is the image's own and no noise. ``log_p`` (N, 1 + m) has the positive first, n is
    ``images`` (``lib/NCECriterion.py``)."""
    odds = log_p - math.log((log_p.shape[1] - 1) / images)
    return -(F.logsigmoid(odds[:, 0]) + F.logsigmoid(-odds[:, 1:]).sum(dim=1)).mean()

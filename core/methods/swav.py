"""SwAV: each view predicts the other's assignment to prototypes (Caron et al. 2020)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augment.policy import one_view, two_views
from core.config.methods.swav import ASSIGNED
from core.config.operations import Crop, Operations
from core.config.policies import CustomAugment, PolicyConfig
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.method import Method, Views
from core.optimizer.groups import Group


class SwAV(Method):
    """Online clustering with swapped predictions."""

    queue: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.prototypes = nn.Linear(config.projection_width, self.settings.prototypes, bias=False)
        self._normalise_prototypes()
        self.register_buffer("queue", torch.zeros(ASSIGNED, self.settings.queue, config.projection_width))

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        frozen = round(self.settings.frozen_epochs * self.progress.steps_per_epoch)
        return (Group(tuple(self.prototypes.parameters()), frozen_steps=frozen),)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        policy, settings = self.config.augment, self.settings
        large = two_views(batch.images, policy, draws, batch.view_size)
        if not settings.small_crops:
            return Views((large,))
        zoomed = with_area(policy, settings.small_area)
        small = [one_view(batch.images, zoomed, draws, settings.small_size) for _ in range(settings.small_crops)]
        return Views((large, torch.cat(small)))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        """Return the mean of -sum q log p over the codes q of the large views and the predictions p of all
        other views of the image."""
        settings, weight = self.settings, self.prototypes.weight
        scores = (unit(outputs) @ weight.T).unflatten(0, (settings.views, -1))
        log_p = (scores / settings.temperature).log_softmax(dim=2)
        codes = [self.codes(view, scores[view].detach()) for view in range(ASSIGNED)]
        swapped = [(q, log_p[v]) for i, q in enumerate(codes) for v in range(settings.views) if v != i]
        loss = torch.stack([-(q * p).sum(dim=1).mean() for q, p in swapped]).mean()
        hits = torch.stack([(q.argmax(dim=1) == p.detach().argmax(dim=1)).float().mean() for q, p in swapped])
        use = torch.cat(codes).mean(dim=0)
        statistics = {
            "code_top1": hits.mean(),
            "prototypes_used": torch.special.entr(use).sum().exp() / len(use),
            "spread": spread(outputs),
        }
        return Outcome(loss, statistics)

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Any, batch: Batch) -> None:
        self._normalise_prototypes()
        if self.settings.queue and self._queued >= 0:
            z = unit(outputs).unflatten(0, (self.settings.views, -1))[:ASSIGNED].to(self.queue.dtype)
            places = (self._queued + torch.arange(z.shape[1], device=z.device)) % self.settings.queue
            self.queue.index_copy_(1, places, z)

    @property
    def _queued(self) -> int:
        """Number of images that were queued before this step; below 0 before the queue's first epoch."""
        first: int = self.settings.queue_epoch * self.progress.steps_per_epoch
        return (self.progress.step - first) * self.config.batch_size

    @torch.no_grad()
    def codes(self, view: int, scores: Tensor) -> Tensor:
        """Return the codes (N, K) of one view's scores (N, K), which share the prototypes with a queue that is full."""
        images = len(scores)
        if self.settings.queue and self._queued >= self.settings.queue:
            scores = torch.cat([scores, self.queue[view] @ self.prototypes.weight.T])
        return sinkhorn(scores, self.settings.epsilon, self.settings.iterations)[:images]

    @torch.no_grad()
    def _normalise_prototypes(self) -> None:
        self.prototypes.weight.copy_(F.normalize(self.prototypes.weight, dim=1))


def sinkhorn(scores: Tensor, epsilon: float, iterations: int) -> Tensor:
    """Return codes (B, K) of scores (B, K): exp(scores / epsilon), scaled in turn until every prototype has about B / K
    of the codes in total, and every row is a distribution (``distributed_sinkhorn`` of ``main_swav.py``).

    It computes with logarithms: below an epsilon of about 0.02, the exponentials of far scores would be 0.
    """
    log_codes = scores / epsilon
    for _ in range(iterations):
        log_codes = log_codes.log_softmax(dim=0).log_softmax(dim=1)
    return log_codes.exp()


def with_area(policy: PolicyConfig, area: tuple[float, float]) -> CustomAugment:
    """Return a policy of the same operations, whose crops cover another share of the image."""

    def zoomed(operations: Operations) -> Operations:
        return tuple(each.model_copy(update={"area": area}) if isinstance(each, Crop) else each for each in operations)

    old = policy.branches()
    return CustomAugment(
        shared=zoomed(old.shared), both=zoomed(old.both), first=zoomed(old.first), second=zoomed(old.second)
    )

"""MoCo v3: BYOL's networks, and MoCo's look-up among the keys of the batch (Chen, Xie and He 2021)."""

from collections.abc import Sequence

from core.data.dataset import Batch
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.byol import BYOL, Pair
from core.methods.moco import look_up


class MoCoV3(BYOL):
    """A symmetric look-up without a queue: a large batch has enough negatives."""

    def loss(self, outputs: Sequence[Pair], known: Pair, batch: Batch) -> Outcome:
        """Return the sum over both views of 2 tau times InfoNCE (``ctr_loss`` of ``moco/builder.py``)."""
        (p1, z1), (p2, z2) = outputs
        k1, k2 = map(unit, known)
        tau, no_queue = self.settings.temperature, k1[:0]
        first, second = (look_up(unit(p), k, no_queue, tau, among_batch=True) for p, k in ((p1, k2), (p2, k1)))
        statistics = {"key_top1": (first.top1 + second.top1) / 2, "spread": (spread(z1) + spread(z2)) / 2}
        return Outcome(2 * tau * (first.loss + second.loss), statistics)

"""Ray Tune's asynchronous successive halving, with what earlier runs of the study have seen.

Ray stops a trial while it waits in ``tune.report``: the report ends its thread by SystemExit, and what it holds is
closed on the way.
"""

from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import ASHAScheduler

from ablations.planning.stopping import Judging
from ablations.running.schedulers.on_ray.order import InOrder
from ablations.types.events import Event, Judged

EPOCH, ACCURACY = "epoch", "knn_top1"


class Halving(InOrder, ASHAScheduler):
    """Stops what falls behind, and starts in order."""


def asha(judging: Judging) -> Halving:
    """A scheduler for reports that hold ``measures(event)``."""
    rule = judging.rule
    scheduler = Halving(
        time_attr=EPOCH,
        metric=ACCURACY,
        mode="max",
        max_t=judging.epochs,
        grace_period=rule.grace_epochs,
        reduction_factor=rule.reduction,
    )
    controller: Any = None
    for number, history in enumerate(judging.past):
        trial: Any = SimpleNamespace(trial_id=f"past {number}")  # it looks at nothing else, and at no controller
        scheduler.on_trial_add(controller, trial)
        for epoch in history:
            if epoch.knn_top1 is not None:
                scheduler.on_trial_result(controller, trial, _measures(epoch.epoch, epoch.knn_top1))
    return scheduler


def measures(event: Event) -> dict[str, float]:
    """What the scheduler judges by; nothing of other events."""
    return _measures(event.epoch, event.knn_top1) if isinstance(event, Judged) else {}


def _measures(epoch: int, knn_top1: float) -> dict[str, float]:
    return {EPOCH: epoch, ACCURACY: knn_top1}

"""The order in which Ray Tune starts its trials."""

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from ablations.running.schedulers.on_ray.forget import forget_ended


class InOrder(FIFOScheduler):
    """Starts the first trial that waits.

    Tune's own scheduler goes through all trials at every step to find it, and most of them have ended.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Called by Tune at every step."""
        forget_ended(tune_controller)
        waiting = (trial for trial in tune_controller.get_live_trials() if trial.status == Trial.PENDING)
        return min(waiting, key=lambda trial: trial.trial_id, default=None)

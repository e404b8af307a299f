"""Early stopping on Ray Tune, by the rule of ``planning.stopping``.

Ray stops a trial while it waits in ``tune.report``: the report ends its thread by SystemExit, and open files are closed
on the way.
"""

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from ablations.planning.stopping import Halving, Judging
from ablations.running.schedulers.on_ray.order import InOrder
from ablations.types.events import Judged


class StopsEarly(InOrder):
    """Starts trials in order, and stops those that fall behind."""

    def __init__(self, judging: Judging) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._halving = Halving(judging)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Called by Tune with every report."""
        event = result.get("event")
        stops = isinstance(event, Judged) and self._halving.stops(event)
        return TrialScheduler.STOP if stops else TrialScheduler.CONTINUE

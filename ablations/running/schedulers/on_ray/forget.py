"""Makes Ray Tune forget the trials that have ended.

Tune keeps every trial with its reports and its state as text, and writes all of them again and again. Here nobody reads
them: the results are in the store.
"""

from typing import Any

from ray.tune import Callback
from ray.tune.progress_reporter import TrialProgressCallback


def forget_ended(tune_controller: Any) -> None:
    """Make Tune forget trials that have ended and left their worker.

    ``tune_controller`` is what Tune gives to a scheduler. Tune has no call for this, so its private fields are changed;
    a test checks that no other field holds them.
    """
    controller = tune_controller._tune_controller
    ended = {one for one in controller._trials if one.is_finished() and one not in controller._trial_to_actor}
    if not ended:
        return
    controller._trials[:] = [one for one in controller._trials if one not in ended]
    states = controller._live_trials, controller._stopped_trials, controller._failed_trials
    for kept in (*states, controller._trials_to_cache):
        kept -= ended
    for trial in ended:
        controller._trial_metadata.pop(trial.trial_id, None)


class NothingPrinted(TrialProgressCallback):
    """Prints nothing and keeps nothing. Without it Tune adds its own, which keeps every trial."""

    on_trial_result = Callback.on_trial_result
    on_trial_error = Callback.on_trial_error
    on_trial_complete = Callback.on_trial_complete

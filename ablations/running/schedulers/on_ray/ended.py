"""Ray Tune keeps every trial that has ended, with its reports and its state as text, and writes all of them time and
again. Here nobody asks for them: their results are in the store."""

from typing import Any

from ray.tune import Callback
from ray.tune.progress_reporter import TrialProgressCallback


def forget_ended(tune_controller: Any) -> None:
    """Have Tune forget what has ended and left its worker; ``tune_controller`` is what a scheduler is given.

    Tune has no call for it, so these are its own fields; that there are no others is tested.
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
    """Tune adds its own where there is none, which keeps every trial, though it prints none."""

    on_trial_result = Callback.on_trial_result
    on_trial_error = Callback.on_trial_error
    on_trial_complete = Callback.on_trial_complete

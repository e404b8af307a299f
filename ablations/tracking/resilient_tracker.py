"""A tracker that keeps MLflow up with the store during a run, and lets the run go on while MLflow does not answer."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ablations.planning.plan import Plan
from ablations.store.trial_store import TrialStore
from ablations.tracking.client import Children, only_writer, tracking_uri
from ablations.tracking.description import describe
from ablations.tracking.tracker import Tracker
from ablations.tracking.unreachable import no_answer
from ablations.types.events import Event, Saved, TrialEnded
from ablations.types.trial import Result
from core.errors import StorageAway, StorageRefused

PAUSE_SECONDS = 60.0
"""Shortest pause between two attempts to reach an MLflow that does not answer."""
PAUSE_SHARE = 20
"""Shortest pause as a multiple of the last attempt: waiting for MLflow takes at most 5 % of a run."""
GOES_ON = "The run goes on, and logs everything once MLflow is back"
LAST_WORD = "Everything is kept in the store; running the same command again logs what is missing"


class ResilientTracker:
    """Writes a plan's results to MLflow. What fails is printed, and tried again later in the run and at its end.

    Any exception counts as no answer: every artifact storage has exceptions of its own.
    """

    def __init__(self, plan: Plan, store: TrialStore, console: Console) -> None:
        self._plan, self._store, self._console = plan, store, console
        self._trials = {unit.pretrain_id: [trial.id for trial in unit.trials] for unit in plan.units}
        self._tracker: Tracker | None = None
        self._silent_until = 0.0
        self._said = ""
        self._attempt(lambda tracker: None)

    @property
    def works(self) -> bool:
        """Whether MLflow answered the last attempt."""
        return self._tracker is not None

    @property
    def seen(self) -> Children | None:
        """All child runs, if they were read since the last one was written."""
        return self._tracker.seen if self._tracker else None

    def record(self, event: Event) -> None:
        """Write what the event says is in the store."""
        if not self.works and time.monotonic() < self._silent_until:
            return
        match event:
            case Saved(pretrain_id):
                self._attempt(lambda tracker: self._save_history(tracker, pretrain_id))
            case TrialEnded(_, result):
                self._attempt(lambda tracker: self._save_ended(tracker, result.trial_id))

    def close(self, complete: bool) -> None:
        """Write whatever is missing, and end the parent run."""
        self._attempt(lambda tracker: self._finish(tracker, complete), LAST_WORD)

    def save_report(self, folder: Path) -> None:
        """Write the files of a drawn report."""
        self._attempt(lambda tracker: tracker.save_report(folder), LAST_WORD)

    def _open(self) -> Tracker:
        scaled, trials = self._plan.scaled, self._plan.trials
        tracker = Tracker(scaled, trials, describe(scaled, trials))
        self._save_all(tracker)
        return tracker

    def _finish(self, tracker: Tracker, complete: bool) -> None:
        if self._trials:  # else it was opened a moment ago
            tracker.look_again()
            self._save_all(tracker)
        tracker.close(complete)

    def _save_all(self, tracker: Tracker) -> None:
        for result in self._store.results(self._plan.trials).values():
            self._save_result(tracker, result)

    def _save_history(self, tracker: Tracker, pretrain_id: str) -> None:
        history = self._store.history(pretrain_id)
        for trial_id in self._trials[pretrain_id] if history else ():  # a checkpoint may come before the first epoch
            tracker.look_again(trial_id)
            tracker.save_history(trial_id, history)

    def _save_ended(self, tracker: Tracker, trial_id: str) -> None:
        tracker.look_again(trial_id)
        if result := self._store.result(trial_id):
            self._save_result(tracker, result)

    def _save_result(self, tracker: Tracker, result: Result) -> None:
        pretrain_id = tracker.trials[result.trial_id].pretrain_id
        if result.counts_for(self._plan.judged.get(pretrain_id, ())) and not tracker.has_result(result):
            tracker.save_result(result, self._store.history(pretrain_id))

    def _attempt(self, action: Callable[[Tracker], None], remedy: str = GOES_ON) -> None:
        """Do the action; if MLflow did not answer before, everything that is missing comes first."""
        start = time.monotonic()
        try:
            with only_writer(self._store.root):
                self._tracker = self._tracker or self._open()
                action(self._tracker)
        except Exception as error:
            self._tracker = None  # it is opened anew: it may be another database by then
            self._silent_until = time.monotonic() + max(PAUSE_SECONDS, PAUSE_SHARE * (time.monotonic() - start))
            self._say(f"{_reason(error)}. {remedy}.", remedy)
        else:
            if self._said:
                self._say("MLflow answers again, and has what was missing.", "")

    def _say(self, text: str, about: str) -> None:
        """Print the text, unless the last one was about the same."""
        if about != self._said:
            self._console.print(text, style="yellow", highlight=False, soft_wrap=True)
        self._said = about


def _reason(error: Exception) -> str:
    """What does not answer: MLflow, or the store."""
    if isinstance(error, StorageAway | StorageRefused):
        return f"{error.filename}: {error.strerror}"
    return no_answer(tracking_uri(), error)

"""A tracker that keeps MLflow up with the store during a run, and lets the run go on while MLflow cannot be used."""

import math
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from rich.console import Console

from ablations.planning.plan import Plan
from ablations.store.trial_store import TrialStore
from ablations.tracking.connection.client import Children, only_writer, tracking_uri
from ablations.tracking.connection.unreachable import Trouble, trouble
from ablations.tracking.content.description import describe
from ablations.tracking.content.study import parent_status
from ablations.tracking.content.summary import Summary
from ablations.tracking.on_request import NOTHING, Extras
from ablations.tracking.tracker import Tracker
from ablations.types.events import Event, Saved, Started, TrialEnded
from ablations.types.trial import Result, State
from core.errors import StorageAway, StorageRefused

PAUSE_SECONDS = 60.0
"""Shortest pause between two attempts to reach an MLflow that does not answer."""
PAUSE_SHARE = 20
"""Shortest pause as a multiple of the last attempt: waiting for MLflow takes at most 5 % of a run."""
GOES_ON = "The run goes on, and logs everything once MLflow is back"
GOES_ON_WITHOUT = "The run goes on without it, and keeps everything in the store"
LAST_WORD = "Everything is kept in the store; running the same command again logs what is missing"


class ResilientTracker:
    """Writes a plan's results to MLflow. A failed write is printed, and tried again later in the run and at its end.

    Any exception counts as no answer unless it is known to last: every artifact storage has exceptions of its own.
    """

    def __init__(self, plan: Plan, store: TrialStore, console: Console, extras: Extras = NOTHING) -> None:
        self._extras = extras
        self._plan, self._store, self._console = plan, store, console
        self._trials = {unit.pretrain_id: [trial.id for trial in unit.trials] for unit in plan.units}
        self._started: dict[str, float] = {}
        """Starts of trainings, in seconds since 1970, by ``pretrain_id``."""
        self._tracker: Tracker | None = None
        self._silent_until = 0.0
        self._said: set[str] = set()
        self._is_away = False
        self._refused = ""
        self._left_out: dict[str, str] = {}
        self._attempt(lambda tracker: None)

    @property
    def works(self) -> bool:
        """Whether MLflow could be used in the last attempt."""
        return self._tracker is not None

    @property
    def refusal(self) -> str:
        """Why MLflow lacks something until somebody changes something; empty if it has all, or may have it later."""
        if self._refused or not self._left_out:
            return self._refused
        count, reason = len(self._left_out), next(iter(self._left_out.values()))
        return f"MLflow does not take {count} of {len(self._plan.trials)} trials, which the store keeps: {reason}"

    @property
    def seen(self) -> Children | None:
        """All child runs, if they were read since the last one was written."""
        return self._tracker.seen if self._tracker else None

    def record(self, event: Event) -> None:
        """Write what the event says is in the store."""
        if isinstance(event, Started):
            self._started[event.pretrain_id] = time.time()
        if not self.works and time.monotonic() < self._silent_until:
            return
        match event:
            case Started():
                self._attempt(lambda tracker: tracker.parent.begin())
            case Saved(pretrain_id):
                self._attempt(lambda tracker: self._save_history(tracker, pretrain_id))
            case TrialEnded(_, result):
                self._attempt(lambda tracker: self._save_ended(tracker, result.trial_id))

    def close(self, states: Collection[State]) -> None:
        """Write what is missing, and end the parent run; ``states`` are those of the plan's trials."""
        self._attempt(lambda tracker: self._finish(tracker, states), is_last=True)

    def save_report(self, folder: Path, summary: Summary) -> None:
        """Write the files of a drawn report, and what it found."""
        self._attempt(lambda tracker: self._save_report(tracker, folder, summary), is_last=True)

    def _save_report(self, tracker: Tracker, folder: Path, summary: Summary) -> None:
        tracker.parent.save_report(folder, summary)
        tracker.save_chosen(summary.chosen)

    def _open(self) -> Tracker:
        """A new tracker, with everything that is missing in MLflow written."""
        scaled, trials = self._plan.scaled, self._plan.trials
        results = self._store.results(trials).values()
        description = describe(scaled, trials, self._plan.looks)
        self._tracker = Tracker(scaled, trials, description, self._plan.sizes, results, self._extras, self._say)
        if self._started:
            self._tracker.parent.begin()
        self._save_all(self._tracker, results)
        return self._tracker

    def _drop(self) -> None:
        """Forget the tracker: it is opened anew, as it may be another database by then."""
        if self._tracker:
            self._tracker.parent.end_sampling()  # else the next one's samples would come beside its own
        self._tracker = None

    def _finish(self, tracker: Tracker, states: Collection[State]) -> None:
        results = self._store.results(self._plan.trials).values()
        if self._trials:  # else it was opened a moment ago
            tracker.look_again()
            self._save_all(tracker, results)
        tracker.parent.close(parent_status(states, bool(self._started)), results)

    def _save_all(self, tracker: Tracker, results: Collection[Result]) -> None:
        for result in results:
            self._save_result(tracker, result)
            if self._extras.log_models:
                self._write(tracker, result.trial_id, partial(tracker.save_model, result, self._store))

    def _save_history(self, tracker: Tracker, pretrain_id: str) -> None:
        history = self._store.history(pretrain_id)
        started = self._started.get(pretrain_id)
        for trial_id in self._trials[pretrain_id] if history else ():  # a checkpoint may come before the first epoch
            tracker.look_again(trial_id)
            self._write(tracker, trial_id, partial(tracker.save_history, trial_id, history, started))

    def _save_ended(self, tracker: Tracker, trial_id: str) -> None:
        tracker.look_again(trial_id)
        if result := self._store.result(trial_id):
            self._save_all(tracker, [result])

    def _save_result(self, tracker: Tracker, result: Result) -> None:
        pretrain_id = tracker.trials[result.trial_id].pretrain_id
        if result.counts_for(self._plan.judged.get(pretrain_id, ())) and not tracker.has_result(result):
            history, started = self._store.history(pretrain_id), self._started.get(pretrain_id)
            self._write(tracker, result.trial_id, partial(tracker.save_result, result, history, started))

    def _write(self, tracker: Tracker, trial_id: str, write: Callable[[], None]) -> None:
        """Write about one trial. A value that MLflow does not take costs that trial alone."""
        if trial_id in self._left_out:
            return
        try:
            try:
                write()
            except Exception as error:
                if not trouble(tracking_uri(), error).is_about_a_value:
                    raise
                tracker.look_again()  # its run may have been deleted in MLflow
                write()
        except Exception as error:
            if not (found := trouble(tracking_uri(), error)).is_about_a_value:
                raise
            self._left_out[trial_id] = found.text
            self._say(f"trial {trial_id}: {found.text}. It is left out there, and kept in the store.")

    def _attempt(self, action: Callable[[Tracker], None], is_last: bool = False) -> None:
        """Do the action; if MLflow could not be used before, everything that is missing comes first."""
        had_tracker, start = self.works, time.monotonic()
        try:
            with only_writer(self._store.root):
                self._tracker = self._tracker or self._open()
                action(self._tracker)
        except Exception as error:
            self._drop()
            found = _trouble(error)
            if found.lasts and had_tracker:  # something may have been deleted in MLflow: try once with all read anew
                self._attempt(action, is_last)
                return
            pause = math.inf if found.lasts else max(PAUSE_SECONDS, PAUSE_SHARE * (time.monotonic() - start))
            self._silent_until = time.monotonic() + pause
            self._tell(found, is_last)
        else:
            self._refused = ""
            if self._is_away:
                self._is_away = False
                self._print("MLflow answers again, and has what was missing.")

    def _tell(self, found: Trouble, is_last: bool) -> None:
        """Print what is wrong with MLflow, once, and once more at the end."""
        if found.lasts and self._refused != found.text:
            self._print(f"{found.text}. {GOES_ON_WITHOUT}.")
        elif not found.lasts and (is_last or not self._is_away):
            self._print(f"{found.text}. {LAST_WORD if is_last else GOES_ON}.")
        self._refused = found.text if found.lasts else ""
        self._is_away = True

    def _say(self, text: str) -> None:
        """Print a note unless it was printed already."""
        if text not in self._said:
            self._said.add(text)
            self._print(text)

    def _print(self, text: str) -> None:
        self._console.print(text, style="yellow", highlight=False, soft_wrap=True)


def _trouble(error: Exception) -> Trouble:
    """Why MLflow or the store cannot be used."""
    if isinstance(error, StorageAway | StorageRefused):
        return Trouble(f"{error.filename}: {error.strerror}")
    return trouble(tracking_uri(), error)

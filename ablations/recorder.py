"""Keeps MLflow up with the store during a run, and lets the run go on when MLflow does not answer."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ablations.describe import describe
from ablations.events import Ended, Event, Saved
from ablations.plan import Plan
from ablations.store import TrialStore
from ablations.tracking import NO_ANSWER, Tracker, tracking_uri


class Recorder:
    """Everything that fails here is said once; the store has it all, and the next run logs what is missing."""

    def __init__(self, plan: Plan, store: TrialStore, console: Console) -> None:
        self.works = True
        self._plan, self._store, self._console = plan, store, console
        self._tracker: Tracker | None = None
        self._attempt(self._open)

    def record(self, event: Event) -> None:
        match event:
            case Saved(pretrain_id):
                self._attempt(lambda: self._save_history(pretrain_id))
            case Ended(_, result):
                self._attempt(lambda: self._save_result(result.trial_id))

    def close(self, complete: bool) -> None:
        self._attempt(self._save_all)
        if tracker := self._tracker:
            self._attempt(lambda: tracker.close(complete))

    def save_report(self, folder: Path) -> None:
        if tracker := self._tracker:
            self._attempt(lambda: tracker.save_report(folder))

    def _open(self) -> None:
        scaled, trials = self._plan.scaled, self._plan.trials
        self._tracker = Tracker(scaled, trials, describe(scaled, trials))
        self._save_all()

    def _save_all(self) -> None:
        for trial in self._plan.trials:
            self._save_result(trial.id)

    def _save_history(self, pretrain_id: str) -> None:
        assert self._tracker
        for unit in self._plan.units:
            if unit.pretrain_id == pretrain_id:
                for trial in unit.trials:
                    self._tracker.save_history(trial.id, self._store.history(pretrain_id))

    def _save_result(self, trial_id: str) -> None:
        assert self._tracker
        if result := self._store.result(trial_id):
            pretrain_id = self._tracker.trials[trial_id].pretrain_id
            self._tracker.save_result(result, self._store.history(pretrain_id))

    def _attempt(self, action: Callable[[], None]) -> None:
        if not self.works:
            return
        try:
            action()
        except NO_ANSWER as error:
            self.works = False
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            self._console.print(
                f"MLflow at {tracking_uri()} does not answer ({reason}). The run goes on; everything is kept in the "
                "store, and running the same command again logs it.",
                style="yellow",
                highlight=False,
                soft_wrap=True,
            )

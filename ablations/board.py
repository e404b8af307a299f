"""How far a run has come: what the events say, added up."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ablations.events import Ended, EpochEnded, Event, Held, Judged, Saved, Started
from ablations.plan import Plan
from ablations.trial import Status, Unit
from core.history import Epoch

State = Literal["done", "running", "waiting", "failed", "stopped"]
STATES: dict[Status, State] = {"finished": "done", "failed": "failed", "stopped": "stopped"}
"""Of a trial with a result."""


@dataclass
class Row:
    """A unit that is running."""

    name: str
    epochs: int
    last: Epoch | None = None

    @property
    def share(self) -> float:
        """Of the training, from 0 to 1."""
        return self.last.epoch / self.epochs if self.last else 0.0


class Board:
    """The state of every trial, the units that are running, and an estimate of the time left."""

    def __init__(self, plan: Plan) -> None:
        left = {trial.id for unit in plan.units for trial in unit.trials}
        self.states: dict[str, State] = {}
        for trial in plan.trials:
            self.states[trial.id] = "waiting" if trial.id in left else STATES[plan.results[trial.id].status]
        self.counts = Counter(self.states.values())
        self.names = {trial.id: trial.name for trial in plan.trials}
        """By which people know the trials."""
        self.running: dict[str, Row] = {}
        self._units = {unit.pretrain_id: unit for unit in plan.units}
        self._images = {unit.pretrain_id: plan.images(unit) for unit in plan.units}
        self._images_in_all = sum(self._images.values())
        self._ended: set[str] = set()
        self._images_ended = 0
        self._failures: dict[str, str] = {}
        self._started = time.monotonic()

    def update(self, event: Event) -> None:
        match event:
            case Started():
                unit = self._units[event.pretrain_id]
                self.running[event.pretrain_id] = Row(
                    self.names[unit.trials[0].id], unit.trials[0].config.pretrain.epochs
                )
                self._move(unit, "waiting", "running")
            case EpochEnded():
                self.running[event.pretrain_id].last = event.epoch
            case Ended():
                self._put(event.result.trial_id, STATES[event.result.status])
                self._failures[event.result.trial_id] = event.result.failure
                self._close(event.pretrain_id)
            case Held():
                self.running.pop(event.pretrain_id, None)
                self._move(self._units[event.pretrain_id], "running", "waiting")
            case Saved() | Judged():
                pass

    def out_of_memory(self) -> list[Unit]:
        """Units of this run that failed for it."""
        return [
            unit
            for unit in self._units.values()
            if any(self._failures.get(trial.id) == "out_of_memory" for trial in unit.trials)
        ]

    def wait_again(self, units: list[Unit]) -> None:
        for unit in units:
            if unit.pretrain_id in self._ended:
                self._ended.remove(unit.pretrain_id)
                self._images_ended -= self._images[unit.pretrain_id]
            self._move(unit, "failed", "waiting")

    def _move(self, unit: Unit, before: State, after: State) -> None:
        """Those of its trials that are in the one state to the other."""
        for trial in unit.trials:
            if self.states[trial.id] == before:
                self._put(trial.id, after)

    def _put(self, trial_id: str, state: State) -> None:
        self.counts[self.states[trial_id]] -= 1
        self.counts[state] += 1
        self.states[trial_id] = state

    def seconds(self) -> float:
        return time.monotonic() - self._started

    def seconds_left(self) -> float | None:
        """By the images gone through so far; None while there is nothing to go by."""
        total = self._images_in_all
        done = self._images_ended + sum(self._images[key] * row.share for key, row in self.running.items())
        return self.seconds() * (total - done) / done if done > 0.01 * total else None

    def _close(self, pretrain_id: str) -> None:
        unit = self._units[pretrain_id]
        if all(self.states[trial.id] in STATES.values() for trial in unit.trials):
            self.running.pop(pretrain_id, None)
            if pretrain_id not in self._ended:
                self._ended.add(pretrain_id)
                self._images_ended += self._images[pretrain_id]

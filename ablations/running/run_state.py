"""The state of a run: what the events say, added up."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.planning.best import BestCell, Ranking
from ablations.planning.plan import Plan
from ablations.types.events import EpochEnded, Event, Held, Started, TrialEnded
from ablations.types.trial import State, Unit
from core.history import Epoch

ENDED = ("done", "failed", "stopped")


@dataclass
class RunningUnit:
    """A unit that is running."""

    name: str
    epochs: int
    last: Epoch | None = None

    @property
    def share(self) -> float:
        """Share of the training that is done, from 0 to 1."""
        return self.last.epoch / self.epochs if self.last else 0.0


class RunState:
    """The state of every trial, the units that are running, the best cell so far, and an estimate of the time left."""

    def __init__(self, plan: Plan, metric: str = "") -> None:
        """``metric`` is that of the study's figure; empty for a plan of several studies, whose cells do not compare."""
        left = {trial.id for unit in plan.units for trial in unit.trials}
        self.states: dict[str, State] = {
            trial.id: "waiting" if trial.id in left else plan.results[trial.id].state for trial in plan.trials
        }
        self.counts = Counter(self.states.values())
        self.names = {trial.id: trial.name for trial in plan.trials}
        """Names for people, by trial id."""
        self.running: dict[str, RunningUnit] = {}
        self._ranking = Ranking(plan.trials, metric, plan.scaled.study.select)
        self._units = {unit.pretrain_id: unit for unit in plan.units}
        self._images = {unit.pretrain_id: plan.images(unit) for unit in plan.units}
        self._trained_on = {unit.pretrain_id: plan.trained_on(unit) for unit in plan.units}
        self._images_in_all = sum(self._images.values())
        self._ended: set[str] = set()
        self._images_ended = 0
        self._out_of_memory: set[str] = set()
        self._started = time.monotonic()
        for result in plan.results.values():
            self._ranking.add(result)

    def update(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case Started():
                unit = self._units[event.pretrain_id]
                name, epochs = self.names[unit.trials[0].id], unit.trials[0].config.pretrain.epochs
                self.running[event.pretrain_id] = RunningUnit(name, epochs)
                self._move(unit, "waiting", "running")
            case EpochEnded():
                self.running[event.pretrain_id].last = event.epoch
            case TrialEnded():
                self._put(event.result.trial_id, event.result.state)
                self._ranking.add(event.result)
                if event.result.failure == "out_of_memory":
                    self._out_of_memory.add(event.pretrain_id)
                self._close(event.pretrain_id)
            case Held():
                self.running.pop(event.pretrain_id, None)
                self._move(self._units[event.pretrain_id], "running", "waiting")

    @property
    def best(self) -> BestCell | None:
        """The best cell so far, earlier runs included."""
        return self._ranking.best

    def take_out_of_memory(self) -> list[Unit]:
        """The units that ran out of memory since this was last asked; their failed trials wait again."""
        units = [self._units[pretrain_id] for pretrain_id in self._units if pretrain_id in self._out_of_memory]
        self._out_of_memory.clear()
        self._wait_again(units)
        return units

    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._started

    def seconds_left(self) -> float | None:
        """Estimated seconds left, by the images gone through so far; None while these are too few."""
        total = self._images_in_all
        done = self._images_ended + sum(self._trained_on[key] * unit.share for key, unit in self.running.items())
        return self.seconds() * (total - done) / done if done > 0.01 * total else None

    def _wait_again(self, units: Sequence[Unit]) -> None:
        for unit in units:
            if unit.pretrain_id in self._ended:
                self._ended.remove(unit.pretrain_id)
                self._images_ended -= self._images[unit.pretrain_id]
            self._move(unit, "failed", "waiting")

    def _move(self, unit: Unit, before: State, after: State) -> None:
        """Move those of the unit's trials that are in one state to the other."""
        for trial in unit.trials:
            if self.states[trial.id] == before:
                self._put(trial.id, after)

    def _put(self, trial_id: str, state: State) -> None:
        self.counts[self.states[trial_id]] -= 1
        self.counts[state] += 1
        self.states[trial_id] = state

    def _close(self, pretrain_id: str) -> None:
        unit = self._units[pretrain_id]
        if all(self.states[trial.id] in ENDED for trial in unit.trials):
            self.running.pop(pretrain_id, None)
            if pretrain_id not in self._ended:
                self._ended.add(pretrain_id)
                self._images_ended += self._images[pretrain_id]

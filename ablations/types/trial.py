"""The units of a study: a trial, and what comes of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from ablations.types.identity import pretrain_id, trial_id
from core.config import TrainConfig

Status = Literal["finished", "failed", "stopped"]


@dataclass(frozen=True)
class Trial:
    """One configuration, and its place in the study."""

    config: TrainConfig
    coordinates: dict[str, Any]
    """Value on each of the study's axes, by dotted path; empty for a baseline."""
    seed: int
    baseline: str | None = None
    """Name, for a trial outside the grid."""

    @cached_property
    def id(self) -> str:
        return trial_id(self.config)

    @cached_property
    def pretrain_id(self) -> str:
        return pretrain_id(self.config.pretrain)

    def reseeded(self, seed: int) -> "Trial":
        """The same cell with another seed."""
        pretrain = self.config.pretrain.model_copy(update={"seed": seed})
        return replace(self, config=self.config.model_copy(update={"pretrain": pretrain}), seed=seed)

    @property
    def cell(self) -> tuple[str, ...]:
        """Equal for trials that differ in their seed alone."""
        return (self.baseline or "", *(f"{axis}={value}" for axis, value in self.coordinates.items()))

    @property
    def name(self) -> str:
        """For people: ``crop, color`` and the seed."""
        cell = self.baseline or ", ".join(str(value) for value in self.coordinates.values()) or "the only trial"
        return f"{cell}, seed {self.seed}"


@dataclass(frozen=True)
class Result:
    """What became of one trial."""

    trial_id: str
    status: Status
    metrics: dict[str, float]
    """Empty unless the trial finished."""
    seconds: float
    """Of pretraining and evaluation, all attempts together; an encoder that was there already costs nothing."""
    finished_at: float
    """Seconds since 1970."""
    facts: dict[str, str]
    """Where and with what it ran: host, device, versions, precision, the encoder's hash."""
    error: str = ""
    """For people: what went wrong and what to try."""
    failure: str = ""
    """Of a trial that failed, its ``ablations.types.failures.Kind``."""
    traceback: str = ""
    stopped_at: int | None = None
    """Of a trial that was stopped early, the epochs of its training that are done."""

    def stands(self, judged: Collection[int]) -> bool:
        """Whether it is one for a study that judges the training after these epochs: a study that judges it after none
        trains on what another has stopped."""
        return self.status != "stopped" or bool(judged)


@dataclass(frozen=True)
class Unit:
    """One training and all the evaluations of it that are missing: what a worker is given."""

    trials: tuple[Trial, ...]
    retried: tuple[Result, ...] = ()
    """Failures that are tried again. Any other result that is found, of another run for example, stands."""
    judged: tuple[int, ...] = ()
    """Epochs after which the training is compared with others and may be stopped; see ``planning.stopping``."""

    @property
    def pretrain_id(self) -> str:
        return self.trials[0].pretrain_id

    def retrying(self, results: Mapping[str, Result]) -> "Unit":
        """With those of the results, which are by trial id, that are failures of its trials."""
        found = [results[trial.id] for trial in self.trials if trial.id in results]
        return replace(self, retried=tuple(result for result in found if result.status == "failed"))


def group_units(trials: list[Trial]) -> list[Unit]:
    """Trials that share an encoder are never trained apart; trials of one id are one trial."""
    by_encoder: dict[str, dict[str, Trial]] = {}
    for trial in trials:
        by_encoder.setdefault(trial.pretrain_id, {}).setdefault(trial.id, trial)
    return [Unit(tuple(group.values())) for group in by_encoder.values()]

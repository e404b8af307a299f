"""A trial of a study, its result, and the unit of work that a worker is given."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal

from pydantic import TypeAdapter

from ablations.types.choices import SeedPath, with_seeds
from ablations.types.failures import KINDS, Kind
from ablations.types.identity import pretrain_id, trial_id
from core.config import TrainConfig

EndState = Literal["done", "failed", "stopped"]
"""States of a trial that has a result. ``stopped`` means stopped early, as its study asks for."""

State = Literal["waiting", "running", EndState]
"""States of a trial: in the store, in JSON, in MLflow, in tables and in reports."""


@dataclass(frozen=True)
class Trial:
    """One configuration, and its place in the study."""

    config: TrainConfig
    coordinates: dict[str, Any]
    """Values or labels by the names of the study's axes; empty for a baseline."""
    seed: int
    baseline: str | None = None
    """Name of the baseline, for a trial outside the grid."""
    following: tuple[SeedPath, ...] = ()
    """Paths of further seeds that are the trial's, such as that of its subset."""
    tuned: dict[str, Any] = field(default_factory=dict)
    """Values or labels of the tuned settings, by the names of their axes. The cell's seed is scored by the best of the
    trials that differ only in these, which is chosen on held-out training images."""

    @cached_property
    def id(self) -> str:
        """16 hex digits that stand for the whole configuration."""
        return trial_id(self.config)

    @cached_property
    def pretrain_id(self) -> str:
        """16 hex digits that stand for the encoder, which other trials may share."""
        return pretrain_id(self.config.pretrain)

    def reseeded(self, seed: int) -> "Trial":
        """The same cell with another seed."""
        return replace(self, config=with_seeds(self.config, seed, [("seed",), *self.following]), seed=seed)

    @property
    def unvaried(self) -> "Trial | None":
        """The trial as it is where only initialisation, order and augmentation follow the seed; None if that is this
        one."""
        config = with_seeds(self.config, 0, self.following)
        return None if config == self.config else replace(self, config=config, following=())

    @property
    def cell(self) -> tuple[str, ...]:
        """A key that trials share if they differ only in their seed and in tuned values."""
        return cell_key(self.baseline, self.coordinates)

    @property
    def candidate(self) -> tuple[str, ...]:
        """A key that trials share if they differ only in their seed."""
        return (*self.cell, *tuned_key(self.tuned))

    @property
    def name(self) -> str:
        """Name for people: ``crop, color, seed 0``, or ``crop, color, optimizer.learning_rate 0.3, seed 0``."""
        tuned = [f"{axis} {value}" for axis, value in self.tuned.items()]
        return ", ".join([self.cell_name, *tuned, f"seed {self.seed}"])

    @property
    def cell_name(self) -> str:
        """Name of the cell or the baseline for people: ``crop, color``."""
        return self.baseline or ", ".join(str(value) for value in self.coordinates.values()) or "the only trial"


def cell_key(baseline: str | None, coordinates: Mapping[str, Any]) -> tuple[str, ...]:
    """The key of a cell, or of a baseline, for ``Trial.cell``."""
    return (baseline or "", *(f"{axis}={value}" for axis, value in coordinates.items()))


def tuned_key(tuned: Mapping[str, Any]) -> tuple[str, ...]:
    """The part of ``Trial.candidate`` after the key of its cell."""
    return tuple(f"tune {axis}={value}" for axis, value in tuned.items())


@dataclass(frozen=True)
class Result:
    """How one trial ended."""

    trial_id: str
    state: EndState
    metrics: dict[str, float]
    """Metrics by name; empty unless the trial is done."""
    seconds: float
    """Seconds of pretraining and evaluation, all attempts together; 0 of pretraining if the encoder was there."""
    finished_at: float
    """Time of the end, in seconds since 1970."""
    facts: dict[str, str]
    """Circumstances: host, device, versions, precision, hash of the encoder."""
    error: str = ""
    """Message for people: what went wrong and what to try."""
    failure: Kind | None = None
    """Kind of the failure."""
    traceback: str = ""
    """Traceback of a failure that is a bug."""
    stopped_at: int | None = None
    """Epochs that were done when the training was stopped early."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Result":
        """A result as ``to_json`` wrote it, or as version 0.1 did. Raises ``ValueError`` for anything else."""
        known = dict(values)
        if known.pop("version", 1) == 1:
            status = known.pop("status", None)
            known["state"] = "done" if status == "finished" else status
        failure = known.get("failure")
        known["failure"] = failure if failure in KINDS else "bug" if failure else None
        if unknown := known.keys() - {field.name for field in fields(cls)}:
            raise ValueError(f"has fields that no result has: {', '.join(sorted(unknown))}")
        return _RESULT.validate_python(known)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``result.json``."""
        return {"version": 2, **asdict(self)}

    def counts_for(self, judged: Collection[int]) -> bool:
        """False only for an early-stopped trial in a study without ``stop_early``, which trains it on.

        ``judged`` are the epochs after which the study may stop the training early.
        """
        return self.state != "stopped" or bool(judged)


_RESULT = TypeAdapter(Result)


@dataclass(frozen=True)
class Unit:
    """One training and all of its evaluations that are missing: what a worker is given."""

    trials: tuple[Trial, ...]
    retried: tuple[Result, ...] = ()
    """Results that do not count: failures to be tried again, and results without a score that the study needs. Any
    other result in the store counts, such as one of another run."""
    judged: tuple[int, ...] = ()
    """Epochs after which the training is compared with others and may be stopped; see ``planning.stopping``."""

    @property
    def pretrain_id(self) -> str:
        return self.trials[0].pretrain_id

    def retrying(self, results: Mapping[str, Result], again: Mapping[str, Result] = {}) -> "Unit":
        """This unit with what failed of its trials, and what is in ``again``, to be tried again; both by trial id.

        A result without a score that the study needs, which was to be tried again already, still is.
        """
        found = [results[trial.id] for trial in self.trials if trial.id in results]
        failed = [result for result in found if result.state == "failed"]
        lacking = {result.trial_id: result for result in self.retried if result.state == "done"} | dict(again)
        return replace(self, retried=(*failed, *(lacking[trial.id] for trial in self.trials if trial.id in lacking)))


def group_units(trials: list[Trial]) -> list[Unit]:
    """One unit for each encoder; trials with the same id are one trial."""
    by_encoder: dict[str, dict[str, Trial]] = {}
    for trial in trials:
        by_encoder.setdefault(trial.pretrain_id, {}).setdefault(trial.id, trial)
    return [Unit(tuple(group.values())) for group in by_encoder.values()]

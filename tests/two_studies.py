"""Two studies that share a trial and an encoder, and a run of both in which nothing is trained."""

import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import pytest
from rich.console import Console

import ablations.tracking.collection_report  # noqa: F401 - before the function that it imports is replaced
from ablations.planning.collection_plan import CollectionPlan, plan_studies
from ablations.running.job import Job
from ablations.running.outcome import Outcomes
from ablations.running.run import run_studies
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.collection import load_studies
from ablations.types.events import Event, Started, TrialEnded
from ablations.types.trial import Result, Trial, Unit
from helpers import small_study

STORAGE = Path("runs")
WHERE = Where(STORAGE, Path("data"), inline=True)
CLAIM = "claims: [{says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}]\n"
TEMPERATURE = small_study("grid: {loss.temperature: [0.1, 0.5]}\n" + CLAIM, 1, "temperature")
NEIGHBORS = small_study("grid: {loss.temperature: [0.5], evaluate.neighbors: [1, 5]}\n", 1, "neighbors")
"""Shares a trial with the other, and of another trial the encoder."""


def temperature_of(trial: Trial) -> float:
    temperature: float = attrgetter("loss.temperature")(trial.config.pretrain)
    return temperature


def score(trial: Trial) -> float:
    temperature = temperature_of(trial)
    return 100 * temperature + trial.seed + (trial.seed % 3) * temperature / 10


def write(**studies: str) -> None:
    for name, text in studies.items():
        Path(f"{name}.yaml").write_text(text)
    Path("both.yaml").write_text(
        f"name: both\ntitle: Both of them\nstudies: [{', '.join(f'{n}.yaml' for n in studies)}]\n"
    )


def plan(seeds: int | None = None) -> CollectionPlan:
    scaled = load_studies("both.yaml", seeds=seeds)
    return plan_studies(scaled, TrialStore(STORAGE), WHERE.data_dir)


def run(most_seeds: int | None = None) -> Outcomes:
    return run_studies(plan(), WHERE, Console(quiet=True), most_seeds)


def load_failed(made: CollectionPlan) -> str:
    """The first trial, which now has failed."""
    trial = made.plans[0].trials[0]
    TrialStore(STORAGE).save_result(Result(trial.id, "failed", {}, 1.0, time.time(), {}, "it broke", "bug"))
    return trial.id


def without_training(monkeypatch: pytest.MonkeyPatch) -> list[Unit]:
    """Units that are run from now on: none is trained, and a trial scores its temperature and a seed's worth more."""
    units: list[Unit] = []

    def run_unit(unit: Unit, job: Job, listen: Callable[[Event], None]) -> None:
        units.append(unit)
        listen(Started(unit.pretrain_id))
        for trial in unit.trials:
            metrics = {"linear_eval/top1": score(trial)}
            result = Result(trial.id, "done", metrics, 2.0, time.time(), {})
            TrialStore(job.storage).save_result(result)
            listen(TrialEnded(unit.pretrain_id, result))

    monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", run_unit)
    return units

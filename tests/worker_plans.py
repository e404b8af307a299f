"""A study of two trainings over two workers each, with its plan, its job and its results."""

from pathlib import Path

from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.trial import Result
from helpers import small_study

GRID = "grid: {loss.temperature: [0.1, 0.5], evaluate.l2_count: [1, 2]}\n"
STORAGE = Path("runs")


def plan(rest: str = "resources: {workers: 2}\n", epochs: int = 1) -> Plan:
    """A plan of two trainings, with two trials each."""
    Path("study.yaml").write_text(small_study(GRID + rest, epochs=epochs))
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"))


def job(owner: str = "me") -> Job:
    return Job(STORAGE.resolve(), Path("data").resolve(), owner, 1, workers=2)


def results(made: Plan) -> list[Result | None]:
    return [TrialStore(STORAGE).result(trial.id) for trial in made.units[0].trials]

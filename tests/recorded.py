"""A study whose workers' events are made up, and everything that MLflow then holds of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.connection.client import STUDY, TRIAL, child_runs, find_parent, tracking_uri
from ablations.tracking.content.summary import summary
from ablations.tracking.report import draw_report
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.tracking.tracker import WRITER
from ablations.types.events import Event, Saved, TrialEnded
from ablations.types.trial import EndState, Result
from core.history import Epoch
from helpers import epoch, small_study

EPOCHS = 4
GRID = "grid:\n  evaluate.neighbors: [1, 5]\n  loss.temperature: [0.1, 0.5]\n"
OURS = ("ablate.", "axis.", "device")
OWN = (STUDY, WRITER)
"""Those of these tags that differ from run to run."""


def plan(name: str) -> Plan:
    Path("study.yaml").write_text(small_study(GRID, EPOCHS, name))
    return make_plan(load_study("study.yaml"), TrialStore(Path("runs")), Path("data"))


def epochs(count: int) -> list[Epoch]:
    return [epoch(number, 3.0 / number, 10.0, 2.0, time=1.8e9 + number) for number in range(1, count + 1)]


def events(made: Plan) -> Iterator[Event]:
    """Events of the plan's units, each after its result is in the store. The second encoder's trials fail."""
    store = TrialStore(Path("runs"))
    for number, unit in enumerate(made.units):
        for count in (EPOCHS // 2, EPOCHS):
            store.save_history(unit.pretrain_id, epochs(count))
            yield Saved(unit.pretrain_id)
        for trial in unit.trials:
            metrics = {} if number else {"linear_eval/top1": 40.0, "pretrain/loss": 0.75}
            state: EndState = "failed" if number else "done"
            result = Result(trial.id, state, metrics, 2.0, 1.8e9 + 9, {"device": "none"})
            result = replace(result, error="a bug", failure="bug", traceback="Traceback") if number else result
            store.save_result(result)
            yield TrialEnded(unit.pretrain_id, result)


def experiment(name: str) -> Experiment:
    """MLflow's experiment of a study."""
    found = MlflowClient(tracking_uri()).get_experiment_by_name(name)
    assert found is not None
    return found


def record(made: Plan, console: Console | None = None) -> ResilientTracker:
    recorder = ResilientTracker(made, TrialStore(Path("runs")), console or Console(quiet=True))
    for event in events(made):
        recorder.record(event)
    recorder.close(["done"])
    return recorder


def save_report(recorder: ResilientTracker, name: str = "small") -> None:
    """Draw the study's report, and have it written to MLflow."""
    drawn = draw_report(name, "quick", Path("runs"))
    recorder.save_report(drawn.folder, summary(drawn.report))


def contents(name: str) -> list[dict[str, Any]]:
    """Everything that a study's runs hold, except their ids and start times."""
    client = MlflowClient(tracking_uri())
    parent = find_parent(client, experiment(name).experiment_id, "quick")
    assert parent is not None
    runs = [parent, *child_runs(client, experiment(name).experiment_id, parent.info.run_id)]
    return sorted((content(client, run) for run in runs), key=str)


def content(client: MlflowClient, run: Any) -> dict[str, Any]:
    histories = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
    return {
        "trial": run.data.tags.get(TRIAL),
        "status": run.info.status,
        "ended": run.info.end_time if TRIAL in run.data.tags else None,
        "params": {key: value for key, value in run.data.params.items() if key != "study"},
        "tags": {key: value for key, value in run.data.tags.items() if key.startswith(OURS) and key not in OWN},
        "metrics": {key: sorted((m.step, m.timestamp, m.value) for m in values) for key, values in histories.items()},
        "artifacts": sorted(artifact.path for artifact in client.list_artifacts(run.info.run_id)),
    }

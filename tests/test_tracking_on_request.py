"""Logged models and system metrics are written to MLflow only if a run asks for them."""

from pathlib import Path

import mlflow
import pytest
import torch
from mlflow import MlflowClient
from recorded import experiment
from rich.console import Console
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.connection.client import TRIAL, tracking_uri
from ablations.tracking.on_request import Extras
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Saved, Started
from core import load_pretrained
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

GRID = "grid:\n  loss.temperature: [0.1, 0.5]\n  evaluate.neighbors: [1, 5]\n"


def run(*options: str) -> None:
    Path("study.yaml").write_text(small_study(GRID, 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["run", "study.yaml", "--inline", *options])
    assert result.exit_code == 0, result.output


def models() -> dict[str, list[str]]:
    """Ids of the experiment's logged models, by the encoder that they are."""
    client = MlflowClient(tracking_uri())
    found: dict[str, list[str]] = {}
    for model in client.search_logged_models([experiment("small").experiment_id]):
        found.setdefault(model.tags["ablate.pretrain_id"], []).append(model.model_id)
    return found


@pytest.mark.filterwarnings("default::UserWarning")  # MLflow's, about its own type hints, when it loads a model
def test_encoders_become_models_once_and_are_the_output_of_each_of_their_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run()
    assert models() == {}
    run("--log-models")
    logged = models()
    run("--log-models")
    assert models() == logged
    assert [len(ids) for ids in logged.values()] == [1, 1]
    client, store = MlflowClient(tracking_uri()), TrialStore(Path("runs"))
    runs = client.search_runs([experiment("small").experiment_id])
    found = {run.data.tags[TRIAL]: client.get_run(run.info.run_id).outputs for run in runs if TRIAL in run.data.tags}
    outputs = {trial_id: [output.model_id for output in one.model_outputs] for trial_id, one in found.items() if one}
    assert outputs == {trial_id: logged[str(store.stored(trial_id).pretrain_id)] for trial_id in store.trial_ids()}
    pretrain_id, (model_id,) = next(iter(logged.items()))
    moved = Path.cwd().rename(Path.cwd().parent / "moved")
    monkeypatch.chdir(moved)
    mlflow.set_tracking_uri(tracking_uri())
    views = torch.rand(3, 3, 16, 16)
    h = mlflow.pyfunc.load_model(f"models:/{model_id}").predict(views.numpy())
    pretrained = load_pretrained(store.encoder_path(pretrain_id), torch.device("cpu"))
    assert pretrained
    with torch.inference_mode():
        torch.testing.assert_close(torch.as_tensor(h), pretrained.encoder.eval()(views))


def test_system_metrics_are_sampled_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.05")

    def sampled() -> set[str]:
        client = MlflowClient(tracking_uri())
        runs = client.search_runs([experiment("small").experiment_id])
        return {name for run in runs for name in run.data.metrics if name.startswith("system/")}

    run("--set", "epochs=0")
    assert sampled() == set()
    run("--system-metrics")
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= sampled()


def test_a_tracker_that_is_dropped_ends_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow goes away after the training has begun, and once more while everything missing is written."""
    running: list[str] = []

    class Monitor:
        def __init__(self, run_id: str, tracking_uri: str) -> None:
            self.name = f"{run_id} {len(running)}"
            running.append(self.name)

        def finish(self) -> None:
            running.remove(self.name)

    def away(*given: object) -> None:
        raise ConnectionError("MLflow is away")

    monkeypatch.setattr("ablations.tracking.on_request.system_metrics.started_monitor", Monitor)
    monkeypatch.setattr("ablations.tracking.resilient_tracker.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("ablations.tracking.resilient_tracker.PAUSE_SHARE", 0)
    Path("study.yaml").write_text(small_study(GRID, 1), encoding="utf-8")
    store = TrialStore(Path("runs"))
    made = make_plan(load_study("study.yaml"), store, Path("data"))
    pretrain_id = made.units[0].pretrain_id
    tracker = ResilientTracker(made, store, Console(quiet=True), Extras(system_metrics=True))
    tracker.record(Started(pretrain_id))
    assert len(running) == 1
    for place in ("_save_history", "_save_all"):
        with monkeypatch.context() as now:
            now.setattr(ResilientTracker, place, away)
            tracker.record(Saved(pretrain_id))
        assert (running, tracker.works) == ([], False)
    tracker.record(Saved(pretrain_id))
    assert (len(running), tracker.works) == (1, True)
    tracker.close(["stopped"])
    assert running == []

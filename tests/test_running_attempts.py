"""Attempts at a trial: damaged files, workers that were taken over, failures that are tried again."""

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from whole_study import EVALUATED_TWICE, WHERE, broken, mlflow_children, plan, run, run_in

from ablations.running import worker
from ablations.running.job import Job
from ablations.running.worker import run_unit
from ablations.store.leases.lease import take
from ablations.store.trial_store import TrialStore
from ablations.tracking.reader import read_study
from ablations.types.events import Event, Held, Started, TrialEnded
from ablations.types.trial import Result, Trial
from core import load_pretrained
from core.hardware import pick_device

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Path:
    """Folder in which the study was run to its end, once for all tests that begin there."""
    return run_in(tmp_path_factory.mktemp("whole"), empty_mlflow)


@pytest.fixture
def finished(whole: Path, mlflow_db: None) -> None:
    """The working folder is one in which the study was run to its end."""
    shutil.copytree(whole, ".", dirs_exist_ok=True)


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("file", ["result.json", "encoder.pt", "checkpoint.pt", "history.json"])
def test_a_truncated_file_costs_at_most_its_trial(file: str) -> None:
    expected = read_study("small", "quick").table["linear_eval/top1"].tolist()
    trial = plan().trials[0]
    store = TrialStore(WHERE.storage)
    folder = store.root / ("trials" if file == "result.json" else "encoders")
    path = folder / (trial.id if file == "result.json" else trial.pretrain_id) / file
    half = path.read_bytes()[:50] if path.exists() else b"half"
    path.write_bytes(half)
    (store.root / "trials" / trial.id / "result.json").unlink()
    said = io.StringIO()
    assert list(run(console=Console(file=said)).states.values()) == ["done"] * 5
    assert read_study("small", "quick").table["linear_eval/top1"].tolist() == expected
    assert all(len(runs) == 1 for runs in mlflow_children().values())
    kept = folder / trial.pretrain_id / f"{file}.damaged"
    if file == "encoder.pt":
        assert kept.read_bytes() == half
        assert f"{kept} could not be read, and is kept under this name" in said.getvalue()
    else:
        assert not kept.exists()


def test_a_worker_that_was_taken_over_writes_nothing() -> None:
    (unit, *_), store = plan().units, TrialStore(WHERE.storage)
    store.record(unit)
    events: list[object] = []

    def emit(event: object) -> None:
        events.append(event)
        if isinstance(event, Started):
            assert take(store, unit.pretrain_id, "the new run")

    run_unit(unit, Job(WHERE.storage, WHERE.data_dir, "the old run", 1), emit)
    assert events == [Started(unit.pretrain_id), Held(unit.pretrain_id)]
    assert store.result(unit.trials[0].id) is None
    assert not store.encoder_path(unit.pretrain_id).exists()


def test_an_evaluation_that_fails_costs_neither_an_older_result_nor_the_seconds_of_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trial that is done is scored again for a score that one study needs; other studies use what it has."""
    (unit, *_), store = plan(EVALUATED_TWICE).units, TrialStore(WHERE.storage)
    store.record(unit)
    first = unit.trials[0]
    old = Result(first.id, "done", {"linear_eval/top1": 50.0}, 1.0, 2.0, {})
    store.save_result(old)

    def evaluated(trial: Trial, pretrained: object, seconds: float, *others: object) -> Result:
        if trial == first:
            return Result(trial.id, "failed", {}, 0.0, 3.0, {}, "it broke", "bug")
        return Result(trial.id, "done", {}, seconds, 3.0, {})

    monkeypatch.setattr(worker, "_pretrained", lambda run: (None, 100.0))
    monkeypatch.setattr(worker, "_evaluated", evaluated)
    events: list[Event] = []
    job = Job(WHERE.storage, WHERE.data_dir, "me", 1)
    again = replace(unit, retried=(old,))
    run_unit(again, job, events.append)
    ended = [event.result.state for event in events if isinstance(event, TrialEnded)]
    assert ended[:2] == ["failed", "done"]
    assert store.result(first.id) == old
    results = store.results(list(unit.trials)).values()
    assert sum(result.seconds for result in results) == old.seconds + 100.0
    assert again.retrying(store.results(list(unit.trials))).retried == (old,)  # as after it ran out of memory


def test_a_worker_that_does_not_see_the_storage_says_so(tmp_path: Path) -> None:
    (unit, *_) = plan().units
    elsewhere = Job(tmp_path / "elsewhere", WHERE.data_dir, "me", 1)
    with pytest.raises(FileNotFoundError, match="must be at the same path on every node"):
        run_unit(unit, elsewhere, lambda event: None)


def test_what_an_earlier_attempt_finished_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is started again after its death gets the whole unit."""
    (unit, *_), store = plan(EVALUATED_TWICE).units, TrialStore(WHERE.storage)
    job = Job(WHERE.storage, WHERE.data_dir, "me", 1)
    store.record(unit)
    run_unit(unit, job, lambda event: None)
    first = [store.result(trial.id) for trial in unit.trials]
    (store.root / "trials" / unit.trials[1].id / "result.json").unlink()
    events: list[object] = []
    run_unit(unit, job, events.append)
    assert sum(isinstance(event, TrialEnded) for event in events) == 2
    assert store.result(unit.trials[0].id) == first[0]
    assert store.result(unit.trials[1].id) != first[1]


def test_a_crash_between_the_encoder_and_its_history_loses_neither_epochs_nor_seconds() -> None:
    (unit, *_), store = plan().units, TrialStore(WHERE.storage)
    job = Job(WHERE.storage, WHERE.data_dir, "me", 1)
    store.record(unit)
    run_unit(unit, job, lambda event: None)
    history = store.history(unit.pretrain_id)
    for path in (f"encoders/{unit.pretrain_id}/history.json", f"trials/{unit.trials[0].id}/result.json"):
        (store.root / path).unlink()
    store.checkpoint_path(unit.pretrain_id).write_bytes(b"left over")
    run_unit(unit, job, lambda event: None)
    again = store.result(unit.trials[0].id)
    assert again is not None
    assert store.history(unit.pretrain_id) == history != ()
    trained = load_pretrained(store.encoder_path(unit.pretrain_id), pick_device())
    assert trained is not None
    assert again.seconds >= trained.seconds > 0
    assert not store.has_checkpoint(unit.pretrain_id)


def test_a_failed_trial_that_is_run_again_leaves_no_trace_of_its_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ablations.running.worker.evaluate", broken)
        assert run().failed == 5
    assert run(retry="failed").failed == 0
    children = [child for runs in mlflow_children().values() for child in runs]
    assert len(children) == 5
    assert {child.info.status for child in children} == {"FINISHED"}
    assert not any("ablate.error" in child.data.tags for child in children)
    assert all(child.data.params["batch_size"] == "16" for child in children)

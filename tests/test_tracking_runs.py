"""MLflow as people see it: each trial once, right durations and states, and runs that say what they are."""

import getpass
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.tracking._tracking_service.utils import _get_store
from recorded import EPOCHS, contents, events, experiment, plan, record, save_report
from rich.console import Console
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.store.trial_store import TrialStore
from ablations.tracking.connection.client import PARENT, TRIAL, tracking_uri
from ablations.tracking.content.study import parent_status
from ablations.tracking.reader import read_study
from ablations.tracking.report import draw_report
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Started
from ablations.types.trial import State
from core import pretrain
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")


def runs(name: str = "small") -> list[Run]:
    """All active runs of an experiment."""
    client = MlflowClient(tracking_uri())
    return list(client.search_runs([experiment(name).experiment_id]))


def children(name: str = "small") -> list[Run]:
    return [run for run in runs(name) if TRIAL in run.data.tags]


def parent(name: str = "small") -> Run:
    (found,) = (run for run in runs(name) if TRIAL not in run.data.tags)
    return found


def delete_parent() -> None:
    MlflowClient(tracking_uri()).delete_run(parent().info.run_id)


def delete_parent_for_good() -> None:
    run_id = parent().info.run_id
    delete_parent()
    _get_store(tracking_uri())._hard_delete_run(run_id)  # as ``mlflow gc`` does


def delete_experiment() -> None:
    client = MlflowClient(tracking_uri())
    client.delete_experiment(experiment("small").experiment_id)


def delete_parent_and_write_again_as_before() -> None:
    """Runs that earlier versions left: the children of a deleted parent run, and others of a new one."""
    client = MlflowClient(tracking_uri())
    kept = [run.info.run_id for run in children()]
    for run_id in kept:
        client.delete_run(run_id)
    delete_parent()
    record(plan("small"))
    delete_parent()
    for run_id in kept:
        client.restore_run(run_id)


@pytest.mark.parametrize(
    "delete", [delete_parent, delete_parent_for_good, delete_experiment, delete_parent_and_write_again_as_before]
)
def test_what_is_deleted_in_mlflow_leaves_each_trial_once(delete: Callable[[], None]) -> None:
    record(plan("small"))
    before = contents("small")
    delete()
    record(plan("small"))
    assert contents("small") == before
    assert Counter(run.data.tags[TRIAL] for run in children()) == Counter(trial.id for trial in plan("small").trials)
    assert {run.data.tags[PARENT] for run in children()} == {parent().info.run_id}


def test_the_runs_of_a_deleted_parent_stay_the_runs_of_their_trials() -> None:
    record(plan("small"))
    before = {run.info.run_id for run in children()}
    delete_parent()
    record(plan("small"))
    assert {run.info.run_id for run in children()} == before


def test_a_failed_trial_that_was_tried_again_does_not_come_back_with_a_restored_experiment() -> None:
    record(plan("small"))
    store, made = TrialStore(Path("runs")), plan("small")
    failed = next(result for result in store.results(made.trials).values() if result.state == "failed")
    store.save_result(type(failed)(failed.trial_id, "done", {"linear_eval/top1": 30.0}, 2.0, 1.8e9 + 50, {}))
    record(plan("small"))
    delete_experiment()
    record(plan("small"))
    assert len(children()) == 4
    assert read_study("small", "quick").table["state"].tolist().count("done") == 3


def test_two_runs_of_a_trial_are_read_as_the_latest() -> None:
    record(plan("small"))
    client, one = MlflowClient(tracking_uri()), next(run for run in children() if run.info.status == "FINISHED")
    tags = {TRIAL: one.data.tags[TRIAL], PARENT: one.data.tags[PARENT]}
    older = client.create_run(one.info.experiment_id, one.info.start_time - 1000, tags)
    client.log_metric(older.info.run_id, "linear_eval/top1", 1.0)
    client.set_terminated(older.info.run_id)
    table = read_study("small", "quick").table.set_index("trial_id")
    assert table.loc[one.data.tags[TRIAL], "run_id"] == one.info.run_id


def test_a_trial_that_is_written_later_lasts_as_long_as_it_took() -> None:
    list(events(plan("small")))
    record(plan("small"))
    assert len(children()) == 4
    assert {run.info.end_time - run.info.start_time for run in children()} == {2000}


def test_a_trial_that_failed_before_it_took_any_time_lasts_from_its_first_epoch() -> None:
    made, store = plan("small"), TrialStore(Path("runs"))
    list(events(made))
    for result in store.results(made.trials).values():
        store.save_result(type(result)(result.trial_id, "failed", {}, 0.0, 1.8e9 + 9, {}, "no", "timed_out"))
    record(plan("small"))
    assert {run.info.end_time - run.info.start_time for run in children()} == {9000}  # an epoch takes a second
    notes = [run.data.tags["mlflow.note.content"] for run in children()]
    assert all("**It failed**" in note and "\nno\n" in note for note in notes)


def test_a_trial_that_is_seen_to_start_lasts_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan("small")
    recorder = ResilientTracker(made, TrialStore(Path("runs")), Console(quiet=True))
    monkeypatch.setattr("ablations.tracking.resilient_tracker.time.time", lambda: 1.8e9 - 5)
    for unit in made.units:
        recorder.record(Started(unit.pretrain_id))
    assert parent().info.status == "RUNNING"
    for event in events(made):
        recorder.record(event)
    recorder.close(["done"])
    assert {run.info.end_time - run.info.start_time for run in children()} == {14000}


def test_a_parent_run_lasts_from_the_first_trial_to_the_last_and_no_longer() -> None:
    list(events(plan("small")))
    record(plan("small"))
    first = parent().info
    assert (first.start_time, first.end_time) == (1_800_000_007_000, 1_800_000_009_000)
    record(plan("small"))
    assert (parent().info.start_time, parent().info.end_time) == (first.start_time, first.end_time)


@pytest.mark.parametrize(
    ("states", "has_begun", "status"),
    [
        (["done", "done"], True, "FINISHED"),
        (["done", "stopped"], False, "FINISHED"),
        (["done", "failed"], True, "FAILED"),
        (["done", "running", "failed"], True, "KILLED"),
        (["done", "waiting"], True, "KILLED"),
        (["done", "waiting"], False, "SCHEDULED"),
    ],
)
def test_the_state_of_a_parent_run_is_that_of_its_trials(states: list[State], has_begun: bool, status: str) -> None:
    assert parent_status(states, has_begun) == status


def test_ctrl_c_of_a_collection_kills_what_was_running_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("one", "two", "three")
    for number, name in enumerate(names, 1):
        grid = f"grid: {{loss.temperature: [0.{number}]}}\n"
        Path(f"{name}.yaml").write_text(small_study(grid, 1, name), encoding="utf-8")
    Path("all.yaml").write_text("name: all\nstudies: [one.yaml, two.yaml, three.yaml]\n", encoding="utf-8")
    from ablations.running import worker

    def interrupted(config: Any, *arguments: Any, **options: Any) -> Any:
        if config.loss.temperature == 0.2:
            raise KeyboardInterrupt
        return pretrain(config, *arguments, **options)

    monkeypatch.setattr(worker, "pretrain", interrupted)
    assert CliRunner().invoke(app, ["run", "all.yaml", "--inline"]).exit_code == 130
    assert {name: parent(name).info.status for name in names} == {
        "one": "FINISHED",
        "two": "KILLED",
        "three": "SCHEDULED",
    }
    monkeypatch.setattr(worker, "pretrain", pretrain)
    result = CliRunner().invoke(app, ["run", "all.yaml", "--inline"])
    assert result.exit_code == 0, result.output
    assert {parent(name).info.status for name in names} == {"FINISHED"}


def test_a_parent_run_says_what_it_is() -> None:
    save_report(record(plan("small")))
    found, client = parent(), MlflowClient(tracking_uri())
    assert found.data.params == {"study": "small", "scale": "quick"}
    assert found.data.metrics == {"best/top1": 40.0}
    note = found.data.tags["mlflow.note.content"]
    assert note.startswith("**small**, at scale quick (")
    assert "ablate run study.yaml" in note
    assert "Best cell: 1, 0.1 with 40.00 (top-1 (%))." in note
    assert "| batch_size | 16 |" in note
    assert f"get-artifact?path=report%2Ffigure.svg&run_uuid={found.info.run_id}" in note
    assert {file.path for file in client.list_artifacts(found.info.run_id, "report")} >= {
        "report/figure.png",
        "report/figure.svg",
        "report/report.html",
    }
    tags = experiment("small").tags
    assert tags["ablate.study"] == "small"
    assert "Best cell: 1, 0.1 with 40.00" in tags["mlflow.note.content"]
    assert tags["mlflow.experiment.primaryMetric.name"] == "linear_eval/top1"
    view = json.loads(tags[f"mlflow.sharedViewState.{found.info.run_id}"])
    assert {"metrics.`linear_eval/top1`", "tags.`axis.loss.temperature`"} < set(view["selectedColumns"])
    in_view = client.search_runs([found.info.experiment_id], view["searchFilter"], order_by=[view["orderByKey"]])
    assert {run.info.run_id for run in in_view} == {run.info.run_id for run in children()}


def test_a_report_that_finds_the_same_writes_no_number_again() -> None:
    save_report(record(plan("small")))
    save_report(record(plan("small")))
    client = MlflowClient(tracking_uri())
    assert len(client.get_metric_history(parent().info.run_id, "best/top1")) == 1


def test_every_run_says_who_started_it_and_how() -> None:
    record(plan("small"))
    for run in runs():
        assert run.data.tags["mlflow.user"] == run.info.user_id == getpass.getuser()
        assert run.data.tags["mlflow.source.name"] == "ablate run study.yaml"


def test_curves_have_a_point_an_epoch_and_data_sets_are_named() -> None:
    record(plan("small"))
    record(plan("small"))  # again, which must not name a data set twice
    client, digests = MlflowClient(tracking_uri()), set[str]()
    for run in children():
        points = client.get_metric_history(run.info.run_id, "pretrain/loss")
        assert [point.step for point in points] == list(range(1, EPOCHS + 1))
    for run in (parent(), *children()):
        inputs = client.get_run(run.info.run_id).inputs
        assert inputs is not None
        (used,) = inputs.dataset_inputs
        assert (used.dataset.name, used.tags[0].value) == ("shapes", "training")
        assert '"training_images": 60' in str(used.dataset.profile)
        digests.add(used.dataset.digest)
    assert len(digests) == 1


def edit_mlflow(*statements: str) -> None:
    with sqlite3.connect("mlflow.db") as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    connection.close()


EDITS: dict[str, tuple[tuple[str, ...], str]] = {
    "a metric": (
        (
            "UPDATE latest_metrics SET value = 99 WHERE key = 'linear_eval/top1'",
            "UPDATE metrics SET value = 99 WHERE key = 'linear_eval/top1'",
        ),
        "linear_eval/top1 is 99.0 in MLflow and 40.0 in the storage, which is drawn",
    ),
    "a metric that is gone": (
        (
            "DELETE FROM latest_metrics WHERE key = 'linear_eval/top1'",
            "DELETE FROM metrics WHERE key = 'linear_eval/top1'",
        ),
        "linear_eval/top1 is not in MLflow and 40.0 in the storage, which is drawn",
    ),
    "a state": (
        ("UPDATE runs SET status = 'FAILED' WHERE status = 'FINISHED' AND name LIKE '%0.1, seed 0'",),
        "state is failed in MLflow and done in the storage, which is drawn",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_was_edited_in_mlflow_is_named_and_the_storage_is_drawn(name: str) -> None:
    record(plan("small"))
    statements, says = EDITS[name]
    edit_mlflow(*statements)
    drawn = draw_report("small", "quick", Path("runs"))
    assert len(drawn.notes) == 2
    assert all(says in note for note in drawn.notes)
    table = drawn.report.table
    assert table[table["state"] == "done"]["top1"].tolist() == [40.0, 40.0]
    result = CliRunner().invoke(app, ["report", "study.yaml"])
    assert (result.exit_code, result.output.count(says)) == (0, 2)


@pytest.mark.parametrize("name", EDITS)
def test_a_run_writes_what_was_edited_in_mlflow_anew(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    record(plan("small"))
    before = contents("small")
    edit_mlflow(*EDITS[name][0])
    record(plan("small"), Console(width=1000))
    assert capsys.readouterr().out.count("its run in MLflow was edited; it is written anew") == 2
    assert contents("small") == before
    record(plan("small"), Console(width=1000))
    assert capsys.readouterr().out == ""
    assert draw_report("small", "quick", Path("runs")).notes == []


def test_a_tag_that_was_edited_to_nonsense_costs_itself_alone() -> None:
    record(plan("small"))
    for run in children():
        MlflowClient(tracking_uri()).set_tag(run.info.run_id, "ablate.stopped_at", "nonsense")
    assert read_study("small", "quick").table["stopped_at"].isna().all()


def test_a_trial_that_was_removed_from_the_storage_is_drawn_as_mlflow_has_it() -> None:
    record(plan("small"))
    shutil.rmtree("runs/trials")
    drawn = draw_report("small", "quick", Path("runs"))
    assert (drawn.notes, drawn.report.states["done"]) == ([], 2)

"""Commands show trials that were stopped early, and run them on in studies that do not stop early."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import ablate
from rich.console import Console
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.planning.plan import Plan, make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.reader import read_study
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.trial import Result
from helpers import epoch, small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

RUNS = Path("runs")
RULE = "stop_early: {grace_epochs: 1, reduction: 2}\n"
GRID = "grid: {loss.temperature: [0.05, 0.1, 0.5]}\n"


def plan(text: str, name: str = "small") -> Plan:
    """The plan of a study that ``ablate`` finds by its name."""
    Path("studies").mkdir(exist_ok=True)
    path = Path(f"studies/{name}.yaml")
    path.write_text(small_study(text, epochs=4, name=name))
    return make_plan(load_study(str(path)), TrialStore(RUNS), Path("data"))


@pytest.fixture
def stopped() -> Plan:
    """The first of the trials was stopped, the others have ended."""
    made, store = plan(RULE + GRID), TrialStore(RUNS)
    for unit in made.units:
        store.record(unit)
    first, *others = made.trials
    store.save_history(first.pretrain_id, [epoch(1, time=1000.0, knn_top1=25.0)])
    store.save_result(Result(first.id, "stopped", {}, 6.0, 5.0, {}, stopped_at=1))
    for trial in others:
        store.save_result(Result(trial.id, "done", {"linear_eval/top1": 50.0}, 6.0, 5.0, {}))
    return made


def document(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)


def test_every_command_counts_it_as_ended(stopped: Plan) -> None:
    first = stopped.trials[0]
    code, told = ablate("run", "small")
    assert (code, "2 done, 0 failed, 1 stopped early" in told) == (0, True)
    assert ablate("run", "small", "--quiet") == (0, "")
    assert "2 done, 1 stopped early, 0 to run" in ablate("plan", "small")[1]
    for command in ("plan", "status"):
        counts = document(command, "small")["counts"]
        assert (counts["done"], counts["stopped"], counts["waiting"]) == (2, 1, 0)
    entry = document("status", "small")["trials"][0]
    assert (entry["state"], entry["stopped_at"], entry["metrics"]) == ("stopped", 1, {})
    run = document("run", "small")
    assert (run["done"], run["stopped"], run["left"], run["trials"][first.id]) == (2, 1, 0, "stopped")
    (listed,) = [study for study in document("list")["studies"] if study["name"] == "small"]
    assert (listed["counts"]["stopped"], listed["counts"]["waiting"], listed["flops_left"]) == (1, 0, 0)
    assert "2 done, 1 stopped early" in ablate("list")[1]


def test_show_says_when_and_how_good_it_was(stopped: Plan) -> None:
    first, second = (trial.id for trial in stopped.trials[:2])
    shown = document("show", first)
    assert (shown["state"], shown["stopped_at"], shown["epochs"][0]["knn_top1"]) == ("stopped", 1, 25.0)
    assert document("show", second)["stopped_at"] is None
    assert "stopped early, after epoch 1" in ablate("show", first)[1]


def test_for_a_study_that_does_not_stop_early_it_is_waiting(stopped: Plan) -> None:
    """Be it stopped before the plan was made, or by another run meanwhile."""
    store, whole = TrialStore(RUNS), plan(GRID, "whole")
    assert [trial.id for trial in whole.trials] == [trial.id for trial in stopped.trials]
    (unit,) = whole.units
    assert unit.trials[0].id not in whole.results
    assert store.ended(unit) == []
    assert [result.state for result in store.ended(stopped.units[0])] == ["stopped"]
    assert document("status", "whole")["counts"]["waiting"] == 1
    ResilientTracker(whole, store, Console(quiet=True)).close(["waiting"])
    assert read_study("whole", "quick").table["state"].tolist() == ["waiting", "done", "done"]


def test_a_baseline_that_another_study_stopped_is_waiting(stopped: Plan) -> None:
    other = plan(RULE + "grid: {loss.temperature: [0.1, 0.5]}\nbaselines: {cold: {loss.temperature: 0.05}}\n", "other")
    (unit,) = other.units
    assert (unit.trials[0].baseline, unit.judged) == ("cold", ())
    assert TrialStore(RUNS).ended(unit) == []


def test_what_cannot_stop_early_says_so_and_runs_nothing() -> None:
    plan(RULE + GRID)
    code, told = ablate("run", "small", "--until-decided")
    assert code == 2
    assert "stop_early" in told.splitlines()[-1]
    assert not list(RUNS.glob("trials/*"))


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_collection_refuses_it(command: str) -> None:
    plan(RULE + GRID)
    plan(GRID, "other")
    Path("studies/both.yaml").write_text("name: both\nstudies: [other, small]\n")
    code, told = ablate(command, "studies/both.yaml")
    assert code == 2
    assert "small.yaml: stop_early: a study of a collection trains every trial to its end" in told
    assert not list(RUNS.glob("trials/*"))

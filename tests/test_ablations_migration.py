"""A store of schema 1 in a program of a pretended schema 2, which measures the temperature in halves."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ablations import identity, migration
from ablations.cli import app
from ablations.errors import StudyError
from ablations.frame import read_study
from ablations.live import LiveRun
from ablations.load import load_study
from ablations.migration import open_store
from ablations.plan import Plan, make_plan
from ablations.run import Where, run_plan
from ablations.store import TrialStore
from ablations.trial import Result
from core.pretraining.checkpoint import load_checkpoint, save_checkpoint
from helpers import small_study

STORAGE = Path("runs")
WHERE = Where(STORAGE, Path("data"), inline=True)
GRID = "grid: {loss.temperature: [%s], evaluate.neighbors: [1, 5]}\n"


def twice(values: dict[str, Any]) -> dict[str, Any]:
    loss = values["pretrain"]["loss"]
    return {**values, "pretrain": {**values["pretrain"], "loss": {**loss, "temperature": 2 * loss["temperature"]}}}


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def raise_it() -> None:
        monkeypatch.setattr(identity, "SCHEMA", 2)
        monkeypatch.setattr(migration, "STEPS", {1: twice})

    return raise_it


def plan(temperatures: str = "0.1, 0.5") -> Plan:
    Path("study.yaml").write_text(small_study(GRID % temperatures, epochs=1))
    return make_plan(load_study("study.yaml"), open_store(STORAGE, print), Path("data"))


def small_store() -> list[Result]:
    """Without a training: of four trials, three results; of two encoders, one with a checkpoint."""
    made, store = plan(), TrialStore(STORAGE)
    for unit in made.units:
        store.record(unit)
        config = unit.trials[0].config.pretrain.model_dump(mode="json", exclude_none=True)
        save_checkpoint(store.checkpoint_path(unit.pretrain_id), {"config": config, "images": 60})
    results = [
        Result(trial.id, "finished", {"m": 1.0 / number}, 2.0, 3.0, {})
        for number, trial in enumerate(made.trials[:3], start=1)
    ]
    for result in results:
        store.save_result(result)
    return results


def test_after_a_new_schema_nothing_is_trained_again(
    mlflow_db: None, raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ablations.run.draw", lambda *arguments: None)
    made = plan("0.1")
    run_plan(made, WHERE, Console(quiet=True))
    expected = read_study("small", "quick").table.drop(columns=["run_id", "trial_id", "loss.temperature", "name"])
    (STORAGE / "trials" / made.trials[1].id / "result.json").unlink()
    raised()
    moved = plan("0.2")
    assert "moved 2 trials and 1 encoders of runs to schema 2" in capsys.readouterr().out
    assert [trial.id for unit in moved.units for trial in unit.trials] == [moved.trials[1].id]
    assert moved.trained == {moved.trials[1].pretrain_id}
    monkeypatch.setattr("ablations.worker.pretrain", lambda *a, **k: pytest.fail("trained again"))
    run_plan(moved, WHERE, Console(quiet=True))
    table = read_study("small", "quick").table.drop(columns=["run_id", "trial_id", "loss.temperature", "name"])
    assert table.drop(columns="seconds").equals(expected.drop(columns="seconds"))
    assert plan("0.2").units == []
    assert capsys.readouterr().out == ""  # there was nothing more to move


def test_files_that_hold_the_configuration_hold_the_new_one(raised: Callable[[], None]) -> None:
    before = small_store()
    raised()
    made = plan("0.2, 1.0")
    store = TrialStore(STORAGE)
    for unit in made.units:
        state = load_checkpoint(store.checkpoint_path(unit.pretrain_id))
        config = unit.trials[0].config.pretrain.model_dump(mode="json", exclude_none=True)
        assert state == {"config": config, "images": 60}
    assert all(store.stored(trial.id).config == trial.config.model_dump(mode="json") for trial in made.trials)
    assert [made.results[trial.id].metrics for trial in made.trials[:3]] == [result.metrics for result in before]
    assert {made.results[trial.id].trial_id for trial in made.trials[:3]} == {trial.id for trial in made.trials[:3]}
    assert len(list(STORAGE.glob("trials/*"))) == 4
    assert len(list(STORAGE.glob("encoders/*"))) == 2


class Killed(BaseException):
    pass


def tree() -> dict[str, bytes]:
    files = {str(path): path.read_bytes() for path in STORAGE.rglob("*") if path.is_file()}
    return {name: content for name, content in files.items() if not name.endswith((".lock", ".pt"))}


def test_a_migration_that_is_killed_anywhere_is_finished_by_the_next(
    raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_store()
    raised()
    shutil.copytree(STORAGE, "before")
    calls = [10**9]

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[0] -= 1
            if not calls[0]:
                raise Killed
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(migration, "write_text", dying(migration.write_text))
    monkeypatch.setattr(os, "link", dying(os.link))
    monkeypatch.setattr(os, "rename", dying(os.rename))
    monkeypatch.setattr(os, "unlink", dying(os.unlink))
    open_store(STORAGE, print)
    expected, moments = tree(), 10**9 - calls[0]
    assert moments > 30
    for moment in range(1, moments + 1):
        shutil.rmtree(STORAGE)
        shutil.copytree("before", STORAGE)
        calls[0] = moment
        with pytest.raises(Killed):
            open_store(STORAGE, print)
        open_store(STORAGE, print)
        assert tree() == expected, moment


def test_what_cannot_be_migrated_is_left_and_named(raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    small_store()
    trials = plan().trials
    damaged = STORAGE / "trials" / trials[0].id / "config.json"
    damaged.write_text(damaged.read_text().replace("0.1", "0.3"))
    raised()

    def step(values: dict[str, Any]) -> dict[str, Any]:
        if values["pretrain"]["loss"]["temperature"] == 0.5:
            raise ValueError("no such temperature")
        return twice(values)

    monkeypatch.setattr(migration, "STEPS", {1: step})
    told: list[str] = []
    store = open_store(STORAGE, told.append)
    (text,) = told
    assert text.splitlines()[0] == "moved 1 trials and 1 encoders of runs to schema 2"
    assert f"trial {trials[0].id} is left as it is: ValueError: its id is not that" in text
    assert f"trial {trials[2].id} is left as it is: ValueError: no such temperature" in text
    assert store.result(trials[0].id)
    assert store.result(trials[2].id)
    open_store(STORAGE, lambda text: pytest.fail("moved again"))


def test_of_two_that_become_one_both_results_are_kept(
    raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_store()
    raised()

    def same(values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "evaluate": {**values["evaluate"], "neighbors": 5}}

    monkeypatch.setattr(migration, "STEPS", {1: same})
    told: list[str] = []
    open_store(STORAGE, told.append)
    assert "which is there already" in told[0]
    assert len(list(STORAGE.glob("trials/*/result.json"))) == 3


def test_a_store_of_a_newer_program_is_refused() -> None:
    small_store()
    (STORAGE / "schema.json").write_text('{"schema": 2}')
    for command in (["plan", "study.yaml"], ["run", "study.yaml", "--inline"], ["status", "study.yaml"], ["gc"]):
        result = CliRunner().invoke(app, command)
        assert (result.exit_code, "schema 2" in result.output) == (2, True), command


def test_a_store_that_a_run_is_using_is_not_moved(raised: Callable[[], None]) -> None:
    small_store()
    raised()
    with LiveRun(STORAGE), pytest.raises(StudyError, match="is using this storage"):
        open_store(STORAGE, print)


def test_looking_at_a_storage_writes_nothing() -> None:
    plan()
    assert not STORAGE.exists()
    small_store()
    before = tree()
    plan()
    assert tree() == before

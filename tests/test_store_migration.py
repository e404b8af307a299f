"""A store of schema 1 in a program of a pretended schema 2, which measures the temperature in halves."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

import ablations.tracking.collection_report  # noqa: F401 - before the function that it imports is replaced
from ablations.cli.app import app
from ablations.planning.plan import Plan, make_plan
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.folders import files_below, remove
from ablations.store.leases.live_run import LiveRun
from ablations.store.trial_store import TrialStore
from ablations.store.upkeep import migration
from ablations.store.upkeep.migration import open_store
from ablations.study.load import load_study
from ablations.tracking.reader import read_study
from ablations.types import identity
from ablations.types.errors import StudyError
from ablations.types.trial import Result
from core.files import write_text
from core.remote import AnyPath, RemotePath
from core.trained.checkpoint import load_checkpoint, save_checkpoint
from helpers import local, small_study

ONLY_FOLDER = pytest.mark.parametrize("storage", ["folder"], indirect=True)
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


def plan(storage: AnyPath, temperatures: str = "0.1, 0.5") -> Plan:
    Path("study.yaml").write_text(small_study(GRID % temperatures, epochs=1))
    return make_plan(load_study("study.yaml"), open_store(storage, print), Path("data"))


def small_store(storage: AnyPath) -> list[Result]:
    """Without a training: of four trials, three results; of two encoders, one with a checkpoint."""
    made, store = plan(storage), TrialStore(storage)
    for unit in made.units:
        store.record(unit)
        config = unit.trials[0].config.pretrain.model_dump(mode="json", exclude_none=True)
        save_checkpoint(store.checkpoint_path(unit.pretrain_id), {"config": config, "images": 60})
    results = [
        Result(trial.id, "done", {"m": 1.0 / number}, 2.0, 3.0, {})
        for number, trial in enumerate(made.trials[:3], start=1)
    ]
    for result in results:
        store.save_result(result)
    return results


@ONLY_FOLDER
def test_after_a_new_schema_nothing_is_trained_again(
    storage: AnyPath,
    mlflow_db: None,
    undrawn: None,
    raised: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, where = plan(storage, "0.1"), Where(storage, Path("data"), inline=True)
    run_plan(made, where, Console(quiet=True))
    ids = ["run_id", "trial_id", "encoder_id", "loss.temperature", "name"]
    expected = read_study("small", "quick").table.drop(columns=ids)
    (storage / "trials" / made.trials[1].id / "result.json").unlink()
    raised()
    moved = plan(storage, "0.2")
    assert "moved 2 trials and 1 encoders of runs to schema 2" in capsys.readouterr().out
    assert [trial.id for unit in moved.units for trial in unit.trials] == [moved.trials[1].id]
    assert moved.trained == {moved.trials[1].pretrain_id}
    monkeypatch.setattr("ablations.running.worker.pretrain", lambda *a, **k: pytest.fail("trained again"))
    run_plan(moved, where, Console(quiet=True))
    table = read_study("small", "quick").table.drop(columns=ids)
    assert table.drop(columns="seconds").equals(expected.drop(columns="seconds"))
    assert plan(storage, "0.2").units == []
    assert capsys.readouterr().out == ""  # there was nothing more to move


def test_files_that_hold_the_configuration_hold_the_new_one(storage: AnyPath, raised: Callable[[], None]) -> None:
    before = small_store(storage)
    raised()
    made = plan(storage, "0.2, 1.0")
    store = TrialStore(storage)
    for unit in made.units:
        state = load_checkpoint(store.checkpoint_path(unit.pretrain_id))
        config = unit.trials[0].config.pretrain.model_dump(mode="json", exclude_none=True)
        assert state == {"config": config, "images": 60}
    assert all(store.stored(trial.id).config == trial.config.model_dump(mode="json") for trial in made.trials)
    assert [made.results[trial.id].metrics for trial in made.trials[:3]] == [result.metrics for result in before]
    assert {made.results[trial.id].trial_id for trial in made.trials[:3]} == {trial.id for trial in made.trials[:3]}
    assert len(list(storage.glob("trials/*"))) == 4
    assert len(list(storage.glob("encoders/*"))) == 2


class Killed(BaseException):
    pass


def contents(storage: AnyPath) -> dict[AnyPath, bytes]:
    return {path: path.read_bytes() for path in files_below(storage)}


def tree(storage: AnyPath) -> dict[AnyPath, bytes]:
    """The files that a migration is to leave: no lock, turn or sign of who had it, and of what PyTorch writes not each
    byte."""
    found = contents(storage)
    turns = set(files_below(storage / "run")) if (storage / "run").exists() else set()
    return {path: found[path] for path in found.keys() - turns if path.suffix not in (".lock", ".pt")}


def restore(storage: AnyPath, before: dict[AnyPath, bytes]) -> None:
    remove(storage)
    for path, content in before.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("storage", ["folder", pytest.param("s3", marks=pytest.mark.slow)], indirect=True)
def test_a_migration_that_is_killed_anywhere_is_finished_by_the_next(
    storage: AnyPath, raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_store(storage)
    raised()
    before, calls = contents(storage), [10**9]

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[0] -= 1
            if not calls[0]:
                raise Killed
            return function(*arguments, **options)

        return call

    if isinstance(storage, Path):
        monkeypatch.setattr(migration, "write_text", dying(write_text))
        for name in ("link", "rename", "unlink"):
            monkeypatch.setattr(os, name, dying(getattr(os, name)))
    else:
        for name in ("write_bytes", "upload", "copy_to", "unlink"):
            monkeypatch.setattr(RemotePath, name, dying(getattr(RemotePath, name)))
    open_store(storage, print)
    expected, moments = tree(storage), 10**9 - calls[0]
    assert moments > 30
    for moment in range(1, moments + 1, 1 if isinstance(storage, Path) else 5):
        calls[0] = 10**9
        restore(storage, before)
        calls[0] = moment
        with pytest.raises(Killed):
            open_store(storage, print)
        open_store(storage, print)
        assert tree(storage) == expected, moment


@ONLY_FOLDER
def test_what_cannot_be_migrated_is_left_and_named(
    storage: AnyPath, raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_store(storage)
    trials = plan(storage).trials
    damaged = local(storage) / "trials" / trials[0].id / "config.json"
    damaged.write_text(damaged.read_text().replace("0.1", "0.3"))
    raised()

    def step(values: dict[str, Any]) -> dict[str, Any]:
        if values["pretrain"]["loss"]["temperature"] == 0.5:
            raise ValueError("no such temperature")
        return twice(values)

    monkeypatch.setattr(migration, "STEPS", {1: step})
    told: list[str] = []
    store = open_store(storage, told.append)
    (text,) = told
    assert text.splitlines()[0] == "moved 1 trials and 1 encoders of runs to schema 2"
    assert f"trial {trials[0].id} is left as it is: ValueError: its id is not that" in text
    assert f"trial {trials[2].id} is left as it is: ValueError: no such temperature" in text
    assert store.result(trials[0].id)
    assert store.result(trials[2].id)
    open_store(storage, lambda text: pytest.fail("moved again"))


@ONLY_FOLDER
def test_of_two_that_become_one_both_results_are_kept(
    storage: AnyPath, raised: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_store(storage)
    raised()

    def same(values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "evaluate": {**values["evaluate"], "neighbors": 5}}

    monkeypatch.setattr(migration, "STEPS", {1: same})
    told: list[str] = []
    open_store(storage, told.append)
    assert "which is there already" in told[0]
    assert len(list(storage.glob("trials/*/result.json"))) == 3


@ONLY_FOLDER
def test_a_store_of_a_newer_program_is_refused(storage: AnyPath) -> None:
    small_store(storage)
    (local(storage) / "schema.json").write_text('{"schema": 2}')
    for command in (["plan", "study.yaml"], ["run", "study.yaml", "--inline"], ["status", "study.yaml"], ["gc"]):
        result = CliRunner().invoke(app, command)
        assert (result.exit_code, "schema 2" in result.output) == (2, True), command


@ONLY_FOLDER
def test_a_store_that_a_run_is_using_is_not_moved(storage: AnyPath, raised: Callable[[], None]) -> None:
    small_store(storage)
    raised()
    with LiveRun(storage), pytest.raises(StudyError, match="is using this storage"):
        open_store(storage, print)


@ONLY_FOLDER
def test_looking_at_a_storage_writes_nothing(storage: AnyPath) -> None:
    plan(storage)
    assert not storage.exists()
    small_store(storage)
    before = tree(storage)
    plan(storage)
    assert tree(storage) == before

"""The default database in a folder that is moved, copied, renamed or read-only, or that has an awkward name."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient
from recorded import contents, experiment, plan, record, save_report

from ablations.tracking.connection import database
from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.connection.database import check_folder
from ablations.tracking.reader import read_study
from ablations.types.errors import AblateError

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

NO_ROOT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.getuid() == 0 else ()
"""Runs a command without the right of root to write whatever it likes."""


@pytest.fixture
def project(tmp_path: Path, empty_mlflow: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a study was run."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(empty_mlflow, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    save_report(record(plan("small")))
    return folder


def make_absolute(folder: Path) -> None:
    """Write absolute artifact locations into the folder's database, as earlier versions did."""
    with sqlite3.connect(folder / "mlflow.db") as connection:
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            where = f"{column} LIKE 'mlruns/%'"
            changed = connection.execute(f"UPDATE {table} SET {column} = ? || {column} WHERE {where}", (f"{folder}/",))
            assert changed.rowcount
    connection.close()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def artifacts() -> list[str]:
    """Files of the parent run, read through MLflow's own client."""
    client = MlflowClient(tracking_uri())
    return sorted(file.path for file in client.list_artifacts(read_study("small", "quick").run_id))


def test_no_file_says_where_the_folder_is(project: Path) -> None:
    recorder = record(plan("small"))
    save_report(recorder)
    assert [name for name, content in snapshot(project).items() if str(project).encode() in content] == []
    with sqlite3.connect("mlflow.db") as connection:
        locations = dict(connection.execute("SELECT name, artifact_location FROM experiments"))
    connection.close()
    assert locations == {"Default": "mlruns/0", "small": "mlruns/small"}


@pytest.mark.parametrize("is_old", [False, True])
def test_a_moved_folder_is_read_and_written_where_it_is(
    project: Path, is_old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents("small")
    if is_old:
        make_absolute(project)
    moved = project.rename(project.parent / "moved")
    monkeypatch.chdir(moved)
    assert read_study("small", "quick").table["state"].tolist().count("done") == 2
    recorder = record(plan("small"))
    save_report(recorder)
    assert recorder.works
    assert contents("small") == before
    assert not project.exists()
    assert artifacts() == ["report", "study.json"]


@pytest.mark.parametrize("is_old", [False, True])
def test_a_copied_folder_leaves_the_original_alone(
    project: Path, is_old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_old:
        make_absolute(project)
    original = snapshot(project)
    copied = Path(shutil.copytree(project, project.parent / "copied"))
    shutil.rmtree(copied / "runs")
    monkeypatch.chdir(copied)
    recorder = record(plan("small"))
    save_report(recorder)
    assert artifacts() == ["report", "study.json"]
    assert snapshot(project) == original


def test_a_database_named_by_its_path_is_read_from_another_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlflow.db")
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert len(read_study("small", "quick").table) == 4
    recorder = record(plan("small"))
    save_report(recorder)
    assert recorder.works
    assert not Path("mlruns").exists()
    assert len(list(project.glob("mlruns/small/*/artifacts/report/report.html"))) == 1


def test_locations_that_somebody_chose_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri())
    client.create_experiment("small", artifact_location=str(tmp_path / "shared"))
    record(plan("small"))
    assert experiment("small").artifact_location == str(tmp_path / "shared")
    assert len(list(tmp_path.glob("shared/*/artifacts/config.json"))) == 4


@pytest.mark.parametrize("name", ["a#b", "a b", "é 日本", "a@b:c"])
def test_a_folder_of_any_name_keeps_database_and_artifacts_inside(
    name: str, tmp_path: Path, empty_mlflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_folder(tmp_path / "outer" / name, empty_mlflow)
    monkeypatch.chdir(folder)
    assert record(plan("small")).works
    check_inside(folder)


def test_a_folder_whose_name_a_uri_cannot_hold_keeps_database_and_artifacts_inside(
    tmp_path: Path, empty_mlflow: Path
) -> None:
    folder = new_folder(tmp_path / "outer" / "100% a?b=c %20", empty_mlflow)
    done = in_process("from recorded import *; print(record(plan('small')).works)", folder)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
    check_inside(folder)


def new_folder(path: Path, database: Path) -> Path:
    path.mkdir(parents=True)
    shutil.copy(database, path / "mlflow.db")
    return path


def check_inside(folder: Path) -> None:
    """Everything that a run makes is in its folder."""
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert {path.name for path in folder.iterdir()} == {"mlflow.db", "mlflow.db.lock", "mlruns", "runs", "study.yaml"}
    assert len(list(folder.glob("mlruns/small/*/artifacts/config.json"))) == 4
    with sqlite3.connect(folder / "mlflow.db") as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (5,)
    connection.close()


def in_process(program: str, folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder, with the tests' helpers to import."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    command = [*before, sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_two_folders_that_only_a_relative_uri_can_name_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_relative_to", None)
    for name in ("a%41", "b%41"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "a%41")
    assert tracking_uri() == "sqlite:///mlflow.db"
    check_folder(Path("mlflow.db"))
    check_folder(Path("mlflow.db"))
    monkeypatch.chdir(tmp_path / "b%41")
    with pytest.raises(AblateError, match=r"already uses mlflow.db in .*a%41; start a new process"):
        check_folder(Path("mlflow.db"))


def test_a_read_only_folder_is_read(project: Path) -> None:
    before = snapshot(project)
    paths = [project, *project.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        program = "from ablations.tracking.reader import read_study; print(len(read_study('small', 'quick').table))"
        done = in_process(program, project, *NO_ROOT)
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert (done.stdout, done.returncode) == ("4\n", 0), done.stderr
    assert snapshot(project) == before

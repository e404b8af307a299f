"""Faults that benchmarks/chaos found: full disks, damaged files, data that vanishes, a half-made database."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import typer
from mlflow import MlflowClient
from mlflow.entities import Experiment
from PIL import Image
from ray.exceptions import RayError
from rich.console import Console

from ablations.cli.options import told
from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.schedulers.on_ray import connect, endings
from ablations.store.trial_store import TrialStore
from ablations.store.upkeep.migration import open_store
from ablations.study.load import load_study
from ablations.tracking.connection import client as tracking
from ablations.tracking.connection import database
from ablations.types.errors import AblateError, DiskFullError, StudyError
from ablations.types.events import Saved
from ablations.types.failures import kind_of
from ablations.types.trial import Result
from core.data.cache import cached_images
from core.data.decode import decode
from core.errors import MissingData
from core.trained import checkpoint
from helpers import small_study

pytestmark = pytest.mark.usefixtures("blank_figures")

WHERE = Where(Path("runs"), Path("data"), inline=True)
STORE = TrialStore(Path("runs"))
STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=2)
PHOTOS = STUDY.replace("{name: shapes, image_size: 16, subset: 60}", "{name: photos, image_size: 16}")
FULL = OSError(errno.ENOSPC, "No space left on device")
SMALL = 20_000
"""Bytes: more than a result, fewer than an encoder."""


def plan(text: str = STUDY) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), STORE, WHERE.data_dir)


def run(made: Plan) -> Outcome:
    return run_plan(made, WHERE, Console(quiet=True))


def make_photos() -> None:
    for split, count in (("train", 40), ("test", 20)):
        for number in range(count):
            path = Path("data/photos") / split / str(number % 2) / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((16, 16), 10 + number).save(path)


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk with room for small files alone."""
    fsync = os.fsync

    def take(file: int) -> None:
        if os.fstat(file).st_size > SMALL:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(file)

    with monkeypatch.context() as patch:
        patch.setattr("core.files.os.fsync", take)
        yield


@pytest.mark.usefixtures("mlflow_db")
def test_a_full_disk_ends_the_run_and_is_no_trials_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    with full_disk(monkeypatch), pytest.raises(DiskFullError, match=r"encoder\.pt: no space is left on the disk"):
        run(made)
    assert STORE.results(made.trials) == {}
    assert STORE.unfinished() == []
    assert str(run(plan())) == "2 done, 0 failed"


def test_a_checkpoint_on_a_full_disk_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's own speaks of an unexpected position."""
    monkeypatch.setattr(checkpoint, "whole_file", lambda path: Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115
    with pytest.raises(OSError, match="No space left") as raised:
        checkpoint.save_checkpoint(tmp_path / "checkpoint.pt", {"weights": [1.0] * 1000})
    assert raised.value.errno == errno.ENOSPC


def test_decoded_images_take_their_space_before_they_are_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write into the map of a full disk ends the process."""
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")

    def refuse(file: int, start: int, length: int) -> None:
        raise FULL

    monkeypatch.setattr("core.data.cache.os.posix_fallocate", refuse)
    with pytest.raises(OSError, match=r"No space left on device: '.*photos\.npy'"):
        cached_images("photos", 4, 16, lambda images: pytest.fail("it is written to"))
    assert list(Path("cache").rglob("*.npy*")) == []


def test_a_command_on_a_full_disk_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, told():
        raise OSError(errno.ENOSPC, "No space left on device", "runs/live")
    assert raised.value.exit_code == 1
    assert capsys.readouterr().err.startswith("runs/live: no space is left on the disk; make room and run")


def work_of(config: dict[str, Any]) -> NoReturn:
    raise AssertionError(config)


def test_what_ends_a_run_passes_through_tune() -> None:
    """Tune makes a text of what a callback raises while a result is taken in."""

    def listen(event: object) -> None:
        raise DiskFullError("runs")

    listener = endings.Endings(listen, work_of)
    listener.on_step_end(0, [])
    listener.on_trial_result(0, [], None, {"event": Saved("an encoder")})  # type: ignore[arg-type]
    with pytest.raises(AblateError, match="no space"):
        listener.on_step_end(1, [])


@pytest.mark.parametrize(
    ("error", "address", "kind", "told"),
    [
        (
            Exception("The current node timed out during startup."),
            "local",
            AblateError,
            r"Ray did not start \(The current node timed out",
        ),
        (
            RayError("no authentication token was found"),
            "auto",
            StudyError,
            r"--address auto: .* \(no authentication token",
        ),
    ],
    ids=["its raylet is killed while it starts", "the cluster asks for a token"],
)
def test_a_ray_that_does_not_start_is_said(
    error: Exception, address: str, kind: type[AblateError], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**options: object) -> None:
        raise error

    monkeypatch.setattr("ray.init", fail)
    with pytest.raises(kind, match=told), connect.connected(address, Job(Path("runs"), Path("data"), "me")):
        pass


def test_a_run_ends_when_ray_has_no_node_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tune itself waits for ever."""
    alive = [True]
    monkeypatch.setattr(endings, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr("ray.nodes", lambda: [{"Alive": False}, {"Alive": alive[0]}])
    listener = endings.Endings(None, work_of)
    listener.on_step_end(0, [])
    alive[0] = False
    with pytest.raises(AblateError, match=r"Ray died.*run the same command again"):
        listener.on_step_end(1, [])


@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize("streamed", [True, False])
def test_data_that_vanishes_and_comes_back_costs_no_retry(monkeypatch: pytest.MonkeyPatch, streamed: bool) -> None:
    """They went after the plan was made."""
    make_photos()
    monkeypatch.setattr("core.data.load.MEMORY_SHARE", 0 if streamed else 0.7)
    monkeypatch.setattr("core.data.folder.LOOKED_AT", 1)
    made, gone = plan(PHOTOS), Path("data/photos/train/1/07.png")
    image = gone.read_bytes()
    gone.unlink()
    with pytest.raises(StudyError, match=r"photos on .* has images with the fingerprint"):
        run(made)
    assert STORE.results(made.trials) == {}
    gone.write_bytes(image)
    assert str(run(plan(PHOTOS))) == "2 done, 0 failed"


def test_an_image_that_is_gone_is_missing_rather_than_bad() -> None:
    with pytest.raises(MissingData, match=r"gone\.png: is no longer there") as raised:
        decode("gone.png", 16)
    assert kind_of(raised.value) == "missing_data"


@pytest.mark.usefixtures("mlflow_db")
def test_damaged_files_beside_the_results_are_made_anew() -> None:
    made = plan()
    run(made)
    trial = made.trials[0]
    history = STORE.history(trial.pretrain_id)
    files = [STORE.encoder_folder(trial.pretrain_id) / name for name in ("config.json", "history.json")]
    files += [STORE.trial_folder(trial.id) / "config.json", STORE.root / "schema.json"]
    before = {path: path.read_bytes() for path in files}
    for path in files:
        path.write_bytes(before[path][:7])
    assert STORE.history(trial.pretrain_id) == history
    open_store(STORE.root, lambda text: None)
    assert str(run(plan())) == "2 done, 0 failed"
    assert [path for path in files if path.name != "history.json" and path.read_bytes() != before[path]] == []


@pytest.mark.usefixtures("mlflow_db")
def test_an_encoder_that_is_trained_anew_brings_its_history() -> None:
    made = plan()
    run(made)
    trial = made.trials[0]
    before = STORE.history(trial.pretrain_id)
    (STORE.trial_folder(trial.id) / "result.json").unlink()
    STORE.encoder_path(trial.pretrain_id).write_bytes(b"half")
    run(plan())
    after = STORE.history(trial.pretrain_id)
    assert [epoch.loss for epoch in after] == [epoch.loss for epoch in before]
    assert after[0].time > before[-1].time


@pytest.mark.parametrize("left", [0, 5, 60, -1])
def test_a_result_whose_arrays_are_cut_is_none(left: int) -> None:
    STORE.save_arrays("a" * 16, {"tsne/points": np.arange(20.0)}, ("cat", "dog"))
    STORE.save_result(result := Result("a" * 16, "done", {}, 1.0, 2.0, {}))
    assert STORE.result("a" * 16) == result
    path = STORE.trial_folder("a" * 16) / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:left])
    assert STORE.result("a" * 16) is None


@pytest.mark.parametrize("killed", [True, False])
def test_a_new_database_has_all_of_its_tables(
    monkeypatch: pytest.MonkeyPatch, killed: bool, empty_mlflow: Path
) -> None:
    """MLflow takes seconds to make them, and never gets over having been killed meanwhile."""

    class Client:
        def __init__(self, uri: str) -> None:
            self.path = Path(uri.removeprefix("sqlite:///"))

        def search_experiments(self, max_results: int) -> list[Experiment]:
            self.path.write_bytes(empty_mlflow.read_bytes())
            assert not Path("mlflow.db").exists()
            if killed:
                raise KeyboardInterrupt
            return list(MlflowClient(f"sqlite:///{self.path}").search_experiments(max_results=max_results))

    monkeypatch.setattr(database, "MlflowClient", Client)
    if killed:
        with pytest.raises(KeyboardInterrupt):
            tracking.open_client()
    else:
        tracking.open_client()
    assert [path.name for path in Path().iterdir()] == ([] if killed else ["mlflow.db"])

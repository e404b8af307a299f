"""A study whose storage, or whose data, is in an object store: the run is a folder's, and so is what it leaves."""

import errno
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line import invoke
from PIL import Image
from rich.console import Console
from torchvision import datasets
from typer.testing import CliRunner

import ablations.tracking.collection_report  # noqa: F401 - before the function that it imports is replaced
from ablations.cli.app import app
from ablations.planning.collection_plan import plan_of_one
from ablations.planning.own_images.old_results import unknown_folders
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.running import shared_units as sharing
from ablations.running import worker
from ablations.running.job import Job
from ablations.running.own_images.copy_unknown import copy_unknown
from ablations.running.own_images.load import load_images
from ablations.running.own_images.remember import remember_images
from ablations.running.run import run_plan
from ablations.running.run_state import RunState
from ablations.running.schedule import Schedule, Where
from ablations.running.schedulers.on_ray import endings, outside
from ablations.running.schedulers.scheduler import Batch
from ablations.store.data_copies import FOLDERS, local_data, local_images, planned_size, remote_state
from ablations.store.leases.live_run import LiveRun
from ablations.store.own_images.notes import folder_note, load_notes
from ablations.store.trial_store import TrialStore
from ablations.store.upkeep.migration import open_store
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.errors import DiskFullError, LostStorageError, StudyError
from ablations.types.events import Event
from core import pretrain
from core.config import DataConfig
from core.data.catalog import DATA_SETS
from core.errors import StorageAway, StorageRefused
from core.remote import AnyPath, RemotePath
from helpers import small_study

pytestmark = pytest.mark.usefixtures("blank_figures")

QUIET = Console(quiet=True)
ONE, TWO = "grid: {loss.temperature: [0.1]}\n", "grid: {loss.temperature: [0.1, 0.5]}\n"
DATA = Path("data")


def plan(storage: AnyPath, grid: str = TWO) -> Plan:
    Path("study.yaml").write_text(small_study(grid, epochs=1))
    return make_plan(load_study("study.yaml"), open_store(storage, print), DATA)


def results(storage: AnyPath) -> dict[str, Any]:
    """Results of every trial, without their times."""
    store = TrialStore(storage)
    found = [trial.result for trial in store.all_stored()]
    return {one.trial_id: {**asdict(one), "seconds": 0, "finished_at": 0} for one in found if one}


def ablate(*arguments: str) -> str:
    """Output of a command that succeeds."""
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("mlflow_db")
def test_a_run_in_an_object_store_is_a_run_in_a_folder(bucket: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = bucket / "runs"
    outcome = run_plan(plan(storage, ONE), Where(storage, DATA, inline=True), QUIET)
    assert list(outcome.states.values()) == ["done"]
    assert outcome.drawn is not None
    assert outcome.drawn.page == Path("runs/reports/small/quick/report.html")
    assert outcome.drawn.page.exists()
    with monkeypatch.context() as patch:
        patch.setattr("ablations.running.schedulers.inline.run_unit", lambda *_: pytest.fail("something ran"))
        again = run_plan(plan(storage, ONE), Where(storage, DATA, inline=True), QUIET)
        assert again.states == outcome.states
    first = next(iter(outcome.states))
    assert first in ablate("show", first[:8], "--storage", str(storage))
    status = json.loads(ablate("status", "study.yaml", "--json", "--storage", str(storage)))
    assert status["counts"]["done"] == 1
    assert ablate("gc", "--storage", str(storage)) == "nothing to remove\n"
    folder = Path("elsewhere")
    run_plan(plan(folder, ONE), Where(folder, DATA, inline=True), QUIET)
    assert results(storage) == results(folder)


def test_two_runs_at_once_train_nothing_twice(bucket: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = bucket / "runs"
    made, begun, seen = plan(storage), list[float](), list[dict[str, str]]()

    def counted(config: Any, *arguments: Any, **options: Any) -> Any:
        begun.append(config.loss.temperature)
        return pretrain(config, *arguments, **options)

    def go() -> None:
        board = RunState(made)
        where = Where(storage, DATA, inline=True)
        with LiveRun(storage) as live, Schedule(where, live.name, QUIET) as schedule:
            schedule.begin()
            schedule.run(made, board, lambda event: None)
        seen.append(dict(board.states))

    monkeypatch.setattr(worker, "pretrain", counted)
    monkeypatch.setattr(sharing, "POLL_SECONDS", 0.05)
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [0.1, 0.5]
    assert [set(states.values()) for states in seen] == [{"done"}, {"done"}]


@pytest.mark.usefixtures("undrawn")
def test_a_store_that_goes_away_ends_the_run_and_fails_no_trial(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it end in a traceback; the same command continues."""
    storage = bucket / "runs"
    made, upload = plan(storage, ONE), RemotePath.upload

    def fail(self: RemotePath, file: Path) -> None:
        raise StorageAway(5, "gone", str(self))

    monkeypatch.setattr(RemotePath, "upload", fail)
    command = ["run", "study.yaml", "--inline", "--storage", str(storage)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert (
        f"{storage}/encoders/{made.units[0].pretrain_id}/encoder.pt: gone; finished results are kept" in result.output
    )
    assert results(storage) == {}
    monkeypatch.setattr(RemotePath, "upload", upload)
    assert "1 done, 0 failed" in ablate(*command)


def test_a_driver_of_ray_whose_store_is_away_ends_with_a_sentence(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unit,) = plan(bucket, ONE).units
    work = pickle.dumps((unit, Job(bucket, DATA, "me", 1), Resources()))
    trial: Any = SimpleNamespace(config={"work": work}, pickled_error_file=None, error_file=None)
    heard = list[Event]()
    listener = endings.Endings(heard.append, lambda config: pickle.loads(config["work"]))

    def away(self: RemotePath) -> None:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(RemotePath, "_store", away)
    listener.on_trial_error(0, [], trial)
    with pytest.raises(LostStorageError, match="gone; finished results are kept"):
        listener.on_step_end(0, [])
    assert heard == []


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (StorageAway(errno.EIO, "gone", "s3://lab/a"), LostStorageError, "s3://lab/a: gone; finished results are kept"),
        (StorageRefused(errno.EACCES, "no right to it", "s3://lab"), StudyError, "s3://lab: no right to it"),
        (OSError(errno.ENOSPC, "No space left"), DiskFullError, "runs: no space is left on the disk"),
        (FileNotFoundError(errno.ENOENT, "lost", "a"), FileNotFoundError, "lost"),
    ],
    ids=str,
)
def test_of_a_run_from_outside_the_cluster_tells_what_is_wrong_with_the_storage(
    error: OSError, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray makes another error of one that an actor raises, and of an ``OSError`` it loses the file."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(outside, "fit", fail)
    with pytest.raises(kind, match=said):
        outside.TuneActor().fit(Batch([], Job(Path("runs"), DATA, "me", 1), Resources()))


PHOTOS = "  data: {name: photos, image_size: 16}\n"


@pytest.fixture
def photos(bucket: RemotePath) -> RemotePath:
    """A data folder in the store, with twenty images."""
    Path("image.png").parent.mkdir(exist_ok=True)
    for number in range(20):
        Image.new("RGB", (16, 16), (number * 12, 0, number % 2 * 200)).save("image.png")
        split = "train" if number < 16 else "val"
        (bucket / "data" / "photos" / split / str(number % 2) / f"{number}.png").write_bytes(
            Path("image.png").read_bytes()
        )
    return bucket / "data"


@pytest.fixture
def own_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "simclr-ablations" / "data"


def study_of_photos() -> None:
    text = small_study(ONE, epochs=1).replace("  data: {name: shapes, image_size: 16, subset: 60}\n", PHOTOS)
    Path("study.yaml").write_text(text)


@pytest.mark.usefixtures("undrawn")
def test_data_is_copied_once_and_then_used_as_files(
    photos: RemotePath, own_copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study_of_photos()
    made = make_plan(load_study("study.yaml"), TrialStore(Path("runs")), photos)
    (size,) = made.sizes.values()
    assert (size.train, size.test, size.classes) == (16, 4, 2)
    assert not own_copies.exists(), "a plan copies nothing"
    output = ablate("run", "study.yaml", "--inline", "--data-dir", str(photos))
    assert f"data: copying {photos}/photos to {own_copies}" in output
    assert "1 done, 0 failed" in output
    (copy,) = own_copies.glob("*/photos")
    assert len(list(copy.rglob("*.png"))) == 20
    monkeypatch.setattr(RemotePath, "download_all", lambda *_: pytest.fail("copied again"))
    said = list[str]()
    assert local_data("photos", photos, said.append) == copy.parent
    assert said == [f"data: {photos}/photos was copied to {copy}"]


def test_objects_that_changed_are_copied_again_and_are_other_trials(photos: RemotePath, own_copies: Path) -> None:
    study_of_photos()
    store = TrialStore(Path("runs"))

    def plan() -> Plan:
        return make_plan(load_study("study.yaml"), store, photos)

    unknown = plan()
    assert [config.name for config in unknown_folders(unknown.trials)] == ["photos"]
    assert [note for note in warnings(unknown) if "photos is not copied to this machine yet" in note]
    said = list[str]()
    assert copy_unknown(plan_of_one(unknown), photos, said.append)
    first = plan()
    assert not copy_unknown(plan_of_one(first), photos, said.append)
    remember_images([first], store.root, photos)
    (note,) = load_notes(store.root, "photos")
    assert note.folder == f"{photos}/photos"

    image = photos / "photos" / "train" / "0" / "0.png"
    content = image.read_bytes()
    image.write_bytes((photos / "photos" / "train" / "1" / "1.png").read_bytes())
    assert [config.name for config in unknown_folders(plan().trials)] == ["photos"]
    assert copy_unknown(plan_of_one(plan()), photos, said.append)
    assert "copying it again" in said[-1]
    other = plan()
    assert {first.trials[0].id, other.trials[0].id, unknown.trials[0].id} == {
        trial.id for made in (first, other, unknown) for trial in made.trials
    }

    image.write_bytes(content)  # a node whose copy is of the images in between
    assert len(load_images(first.trials[0].config.pretrain.data, photos).train) == 16
    shutil.rmtree(own_copies)
    assert [trial.id for trial in plan().trials] == [first.trials[0].id], "the storage's note knows them"


def test_images_without_labels_that_lie_beside_the_folder_are_copied_too(photos: RemotePath, own_copies: Path) -> None:
    """Those of another data set; if one of its objects changes, so do the images of the trial."""
    other = photos / "others"
    for number in range(2):
        (other / f"{number}.png").write_bytes((photos / "photos" / "train" / "0" / "0.png").read_bytes())
    config = DataConfig(name="photos", image_size=16, unlabelled="others")
    size = planned_size(config, photos)
    assert (size.train, size.test) == (18, 4)
    assert len(list(own_copies.glob("*/others/*.png"))) == 2
    assert len(load_images(config, photos).train) == 18
    first = folder_note(config, photos, None)
    assert first and first.state == remote_state(config, photos)
    assert first.state.startswith(remote_state(DataConfig(name="photos"), photos) + " ")
    (other / "1.png").write_bytes((photos / "photos" / "train" / "1" / "1.png").read_bytes())
    assert folder_note(config, photos, None) is None, "the copy is not of these images"
    said = list[str]()
    local_images(config, photos, said.append, fresh=True)
    assert [f"copying {other}" in line or "copying it again" in line for line in said] == [False, True]
    second = folder_note(config, photos, None)
    assert second and second.fingerprint != first.fingerprint


def test_a_remote_folder_without_a_split_is_counted_as_its_copy_is(bucket: RemotePath) -> None:
    for name in ("a/1.png", "a/2.png", "a/3.png", "a/._3.png", "b/1.jpg", "b/2.TIF", "b/notes.txt", ".c/1.png"):
        folder, file = name.split("/")
        (bucket / "data" / "photos" / folder / file).write_bytes(b"")
    size = planned_size(DataConfig(name="photos", split=0.3), bucket / "data")
    assert (size.train, size.test, size.classes) == (3, 2, 2)


def test_a_copy_that_was_interrupted_is_none(
    photos: RemotePath, own_copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download = RemotePath.download_all

    def interrupted(self: RemotePath, folder: Path) -> None:
        (folder / "train" / "0").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(RemotePath, "download_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        local_data("photos", photos)
    assert list(own_copies.glob("*/photos")) == []
    monkeypatch.setattr(RemotePath, "download_all", download)
    copy = local_data("photos", photos) / "photos"
    assert len(list(copy.rglob("*.png"))) == 20
    assert [path for path in copy.parent.iterdir() if path.is_dir()] == [copy]


def test_archives_are_copied_to_where_torchvision_looks_for_them() -> None:
    for name, kind in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100), ("stl10", datasets.STL10)):
        assert FOLDERS[name] == kind.base_folder
    assert FOLDERS.keys() < DATA_SETS.keys()


def test_data_that_is_not_there_is_named(photos: RemotePath) -> None:
    study_of_photos()
    with pytest.raises(StudyError, match=f"no images in {photos}/nowhere/train"):
        make_plan(load_study("study.yaml", None, ["data.name=nowhere"]), TrialStore(Path("runs")), photos)


STUDY = small_study("grid: {loss.temperature: [0.1, 0.2, 0.5], head.kind: [linear, nonlinear]}\n", epochs=4)


@pytest.mark.slow
@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize("options", [("--inline",), ()], ids=["inline", "Ray"])
def test_a_driver_that_is_killed_goes_on_with_nothing_lost(bucket: RemotePath, options: tuple[str, ...]) -> None:
    storage = bucket / "runs"
    Path("study.yaml").write_text(STUDY)

    def start(place: AnyPath) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ablations", "run", "study.yaml", "--storage", str(place), *options]
        return subprocess.Popen(command, process_group=0)

    for count in (1, 3):
        driver = start(storage)
        while len(results(storage)) < count and driver.poll() is None:
            time.sleep(0.1)
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        kept = {path: path.read_bytes() for path in storage.glob("trials/*/result.json")}
        assert len(kept) < 6
    assert start(storage).wait() == 0
    assert all(path.read_bytes() == content for path, content in kept.items()), "a finished trial ran again"
    assert start(Path("quiet")).wait() == 0
    assert results(storage) == results(Path("quiet"))
    assert len(results(storage)) == 6

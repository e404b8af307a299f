"""The images of a folder are part of the identity of the trials on them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import ablate
from image_folders import make_folder

from ablations.cli.tables import data_lines
from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.running.own_images.remember import remember_images
from ablations.running.prepare_data import is_elsewhere, needed_data
from ablations.running.schedule import Where
from ablations.store.own_images.last_run import load_last_run
from ablations.store.own_images.notes import load_notes
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Result
from helpers import small_study

STUDY = """\
name: mine
base:
  data: {name: photos, image_size: 8%s}
  encoder: {name: resnet10, width: 0.0625}
  schedule.warmup_epochs: 0
  batch_size: 4
  epochs: 1
grid: {loss.temperature: [0.1, 0.5]}
"""
STORAGE = Path("runs")


@pytest.fixture(autouse=True)
def photos() -> Path:
    return make_folder(Path("data/photos"))


def plan(more: str = "", storage: Path = STORAGE, data: Path = Path("data")) -> Plan:
    Path("mine.yaml").write_text(STUDY % more)
    return make_plan(load_study("mine.yaml"), TrialStore(storage), data)


def finish(made: Plan, storage: Path = STORAGE) -> None:
    """Keep a result for every trial, as a run does."""
    remember_images([made], storage, Path("data"))
    for trial in made.trials:
        TrialStore(storage).save_result(Result(trial.id, "done", {"linear_eval/top1": 50.0}, 1.0, 2.0, {}))


def ids(made: Plan) -> list[str]:
    return [trial.id for trial in made.trials]


def remove_one(folder: Path) -> None:
    (folder / "train" / "class0" / "0.png").unlink()


def test_removed_images_are_other_trials_which_are_run(photos: Path) -> None:
    before = plan()
    finish(before)
    assert plan().units == []
    remove_one(photos)
    after = plan()
    assert set(ids(after)).isdisjoint(ids(before))
    assert [len(unit.trials) for unit in after.units] == [1, 1]
    assert {trial.pretrain_id for trial in after.trials}.isdisjoint(trial.pretrain_id for trial in before.trials)
    (told,) = [note for note in warnings(after) if "other images" in note]
    assert "(12 training and 6 test images): this storage has results of 2 trials on those" in told


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: [path.touch() for path in folder.rglob("*")],
        lambda folder: (folder / "test").rename(folder / "val"),
        lambda folder: (folder / "train" / "class0" / ".DS_Store").write_text("hidden"),
    ],
    ids=["touched", "val for test", "hidden file"],
)
def test_the_same_images_stay_done(photos: Path, change: Callable[[Path], object]) -> None:
    before = plan()
    finish(before)
    change(photos)
    assert ids(plan()) == ids(before)
    moved = Path("elsewhere")
    shutil.move("data", moved)
    assert ids(plan(data=moved)) == ids(before)
    assert plan(data=moved).units == []


def test_two_folders_of_one_name_on_one_storage_are_never_mixed() -> None:
    finish(plan())
    make_folder(Path("other/photos"), side=24)
    other = plan(data=Path("other"))
    assert len(other.units) == 2
    assert other.results == {}
    assert plan().units == []


def test_data_that_is_known_by_its_name_has_the_ids_that_it_had() -> None:
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.1]}\n", epochs=1))
    study = load_study("study.yaml", assignments=["optimizer.learning_rate=1.0"])
    (trial,) = make_plan(study, TrialStore(STORAGE), Path("data")).trials
    assert trial.config.pretrain.data.fingerprint is None
    assert "fingerprint" not in trial.config.model_dump_json()
    assert trial.id == "fa5c86eb6c7260d3"


def test_the_images_of_an_evaluation_count_and_leave_the_encoder(photos: Path) -> None:
    shutil.copytree(photos, "data/others")
    transfer = "}\n  evaluate: {data: {name: others}"
    before = plan(transfer)
    remove_one(Path("data/others"))
    after = plan(transfer)
    assert set(ids(after)).isdisjoint(ids(before))
    assert [trial.pretrain_id for trial in after.trials] == [trial.pretrain_id for trial in before.trials]


def test_a_fingerprint_that_is_written_refuses_other_images(photos: Path) -> None:
    fingerprint = plan().trials[0].config.pretrain.data.fingerprint
    assert f"fingerprint {fingerprint}" in "".join(data_lines(plan()))
    assert ids(plan(f", fingerprint: {fingerprint}")) == ids(plan())
    remove_one(photos)
    with pytest.raises(
        StudyError, match=rf"mine.yaml:3:52: base.data.fingerprint: is {fingerprint}, and the images of photos "
    ):
        plan(f", fingerprint: {fingerprint}")
    code, text = ablate("plan", "mine.yaml", "--set", "data.name=shapes", "--set", f"data.fingerprint={fingerprint}")
    assert code == 2
    assert "data.fingerprint is for image folders, and shapes is known by its name" in text


def test_a_report_is_of_the_last_run_and_a_plan_without_the_folder_too(photos: Path) -> None:
    before = plan()
    finish(before)
    known = load_last_run(STORAGE, "mine", before.scaled.label)
    assert list(known.values()) == [before.trials[0].config.pretrain.data.fingerprint]
    shutil.rmtree(photos)
    assert ids(plan()) == ids(before)
    assert plan().sizes == before.sizes
    with pytest.raises(StudyError, match="no folder data/photos"):
        plan(storage=Path("another"))


def test_a_note_says_what_the_folder_had(photos: Path) -> None:
    finish(plan())
    remove_one(photos)
    finish(plan())
    finish(plan())
    now, before = load_notes(STORAGE, "photos")
    assert now.train == {"class0": 3, "class1": 4, "class2": 4}
    assert before.test == {"class0": 2, "class1": 2, "class2": 2}
    assert now.folder == str(photos.resolve())
    assert now.fingerprint.value == Folders(Path("data"), STORAGE)(plan().trials[0].config.pretrain.data)
    (STORAGE / "data" / "photos.json").write_text("{damaged")
    assert load_notes(STORAGE, "photos") == []


def test_seeds_that_the_storage_has_are_those_of_the_same_images(photos: Path) -> None:
    first = plan()
    finish(first)
    more = first.trials[0].reseeded(1)
    TrialStore(STORAGE).save_result(Result(more.id, "done", {}, 1.0, 2.0, {}))
    assert more.id in ids(plan())
    remove_one(photos)
    assert len(plan().trials) == 2


def test_the_settings_of_a_trial_show_it_and_where_it_comes_from() -> None:
    trial = plan().trials[0]
    code, text = ablate("show", trial.id, "--study", "mine.yaml")
    assert code == 0, text
    (line,) = [line for line in text.splitlines() if line.startswith("data.fingerprint")]
    assert line.split() == ["data.fingerprint", trial.config.pretrain.data.fingerprint, "images"]


def test_a_machine_without_the_images_plans_by_a_note_that_another_one_wrote(photos: Path) -> None:
    code, text = ablate("data", "photos", "--storage", "shared")
    assert code == 0, text
    made = plan()
    fingerprint = made.trials[0].config.pretrain.data.fingerprint
    assert f"fingerprint {fingerprint}, of 18 files" in text
    photos.rename("gone")
    by_note = plan(storage=Path("shared"))
    assert (ids(by_note), by_note.sizes) == (ids(made), made.sizes)
    cluster = Where(Path("shared"), Path("data"), "10.0.0.1:6379")
    (data,) = needed_data(by_note)
    assert is_elsewhere(data, cluster)
    assert not any(is_elsewhere(data, replace(cluster, **one)) for one in ({"inline": True}, {"address": "local"}))
    Path("gone").rename(photos)
    assert not is_elsewhere(data, cluster)


def test_a_folder_that_is_not_what_its_name_says_is_told(photos: Path) -> None:
    photos.rename(Path("data/imagenet"))
    Path("mine.yaml").write_text(STUDY.replace("photos", "imagenet") % "")
    made = make_plan(load_study("mine.yaml"), TrialStore(STORAGE), Path("data"))
    (told,) = [note for note in warnings(made) if "as published" in note]
    assert "imagenet has 6 test images of 3 classes here, and 50,000 of 1,000 as published" in told

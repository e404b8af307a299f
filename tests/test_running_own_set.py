"""A data set that the user's own function loads: its contents are part of the identity, as those of a folder are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from command_line import ablate
from image_folders import make_folder

from ablations.planning.collection_plan import plan_of_one
from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.running.own_images.load import load_images
from ablations.running.own_images.old_results import take_over
from ablations.store.own_images.notes import load_notes
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Result, Trial, group_units
from core.config.own_code import forget_all
from core.data.sets.registered import contents_of
from core.errors import OtherData
from helpers import random_images, small_study

DATA, STORE = Path("data"), TrialStore(Path("runs"))
SET = """
import numpy as np
import torch
from core.data.catalog import DATA_SETS, DataSet, DataSize
from core.data.dataset import Dataset, Split
from core.data.square import fit_square


def load(name, data_dir, size, choice):
    with np.load(data_dir / "mine.npz") as arrays:
        images, labels = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
    kept = choice(labels)
    train, test = images[kept], images[:4]
    splits = Split(fit_square(train, size), labels[kept]), Split(fit_square(test, size), labels[:4])
    return Dataset(name, ("a", "b"), *splits)


DATA_SETS.register("mine", DataSet(DataSize(20, 4, 2), load=load))
"""

FILES = """
from core.data.catalog import DATA_SETS, DataSet, DataSize
from core.data.sources.folders import list_folder


def find(name, data_dir):
    return list_folder(data_dir / "elsewhere")


DATA_SETS.register("mine", DataSet(DataSize(24, 6, 3), files=find))
"""


@pytest.fixture(autouse=True)
def written() -> Iterator[None]:
    """A study of two trials on the set, whose images lie in a file that only its function knows."""
    DATA.mkdir()
    write_images()
    Path("my_set.py").write_text(SET)
    text = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", 1, "mine")
    Path("mine.yaml").write_text(f"uses: [my_set.py]\n{text.replace('shapes', 'mine').replace('60', '16')}")
    yield
    forget_all()


def write_images(seed: int = 0, labels: int = 0) -> None:
    np.savez(DATA / "mine.npz", x=random_images(20, 12, seed).numpy(), y=(np.arange(20) + labels) % 2)


def plan() -> Plan:
    return make_plan(load_study("mine.yaml"), STORE, DATA)


def keep_done(trials: list[Trial]) -> None:
    for unit in group_units(trials):
        STORE.record(unit)
    for trial in trials:
        STORE.save_result(Result(trial.id, "done", {"linear_eval/top1": 50.0}, 1.0, 2.0, {"device": "none"}))


@pytest.mark.parametrize("change", [{"seed": 1}, {"labels": 1}])
def test_other_contents_are_other_trials_and_are_refused_by_a_worker(change: dict[str, int]) -> None:
    first = plan()
    data = first.trials[0].config.pretrain.data
    assert data.fingerprint
    assert plan().trials == first.trials, "the same contents are the same trials"
    assert len(load_images(data, DATA).train) == 16
    write_images(**change)
    assert {trial.id for trial in plan().trials}.isdisjoint(trial.id for trial in first.trials)
    with pytest.raises(OtherData, match=r"mine \(a function that draws at random needs a fixed seed\) on .* asked for"):
        load_images(data, DATA)
    write_images()
    assert plan().trials == first.trials


def test_the_plan_shows_what_there_is_and_says_that_results_are_of_other_images() -> None:
    made = plan()
    assert made.trials[0].config.pretrain.data.fingerprint in ablate("plan", "mine.yaml")[1]  # type: ignore[operator]
    assert take_over(plan_of_one(made), STORE, DATA) == ""
    keep_done(made.trials)
    (note,) = load_notes(STORE.root, "mine")
    assert (note.train, note.test) == ({"a": 10, "b": 10}, {"a": 2, "b": 2})
    write_images(seed=1)
    assert any("mine has other images than on" in told for told in warnings(plan()))
    (DATA / "mine.npz").unlink()
    assert [trial.id for trial in plan().trials] == [trial.id for trial in made.trials], "known by the storage's note"


def test_results_from_before_fingerprints_are_taken_over_once() -> None:
    keep_done(enumerate_trials(load_study("mine.yaml")))
    assert take_over(plan_of_one(plan()), STORE, DATA).startswith("2 results on mine are older than fingerprints")
    assert plan().units == []
    write_images(seed=1)
    assert len(plan().units) == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("DataSize(20, 4, 2)", "DataSize(20, 5, 2)", "its function gives 20 training and 4 test images of 2 classes"),
        ('arrays["x"]', 'arrays["z"]', "mine cannot be loaded (KeyError: "),
        ("mine.npz", "nowhere.npz", "mine cannot be loaded ("),
        ("return Dataset(", "return (", "its function returned a tuple; return core.data.dataset.Dataset"),
    ],
)
def test_what_is_wrong_with_the_function_is_told_by_the_plan(old: str, new: str, told: str) -> None:
    Path("my_set.py").write_text(SET.replace(old, new))
    with pytest.raises(StudyError, match=r"trial 0\.1, seed 0") as raised:
        plan()
    assert told in str(raised.value)


def test_files_that_the_users_function_lists_are_as_those_of_a_folder() -> None:
    Path("my_set.py").write_text(FILES)
    folder = make_folder(DATA / "elsewhere", train=8)
    first = plan()
    data = first.trials[0].config.pretrain.data
    assert (len(load_images(data, DATA).train), plan().trials) == (16, first.trials)
    (folder / "train/class0/0.png").write_bytes((folder / "train/class1/0.png").read_bytes())
    assert plan().trials != first.trials
    with pytest.raises(OtherData, match="were asked for; put these back"):
        load_images(data, DATA)
    (folder / "train/class0/0.png").unlink()
    with pytest.raises(StudyError, match="its function gives 23 training and 6 test images of 3 classes; correct one"):
        plan()


def test_of_a_large_set_the_pixels_of_a_sample_count_and_every_label(monkeypatch: pytest.MonkeyPatch) -> None:
    data = plan().trials[0].config.pretrain.data
    whole = contents_of(data, DATA).fingerprint
    monkeypatch.setattr("core.data.sets.registered.WHOLE", 0)
    monkeypatch.setattr("core.data.sets.registered.SAMPLE", 3 * 3 * 32**2)
    sample = contents_of(data, DATA).fingerprint
    assert (whole.files, whole.bytes, whole.bytes_read) == (24, 24 * 3 * 32**2, 24 * 3 * 32**2)
    assert (sample.files, sample.bytes, sample.bytes_read) == (24, 24 * 3 * 32**2, 7 * 3 * 32**2)
    write_images(labels=1)
    assert contents_of(data, DATA).fingerprint.value != sample.value

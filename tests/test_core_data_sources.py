"""Every source of images gives the same images: its list, its pixels, its check and its plan agree."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import ablate
from image_sources import (
    CLASSES,
    MAKERS,
    SIDE,
    TEST,
    TRAIN,
    arrays,
    make_csv,
    make_hugging_face,
    make_npy,
    make_npz,
    own,
    picture,
    pictures,
    write_csv,
    write_files,
)
from PIL import Image

from ablations.store.own_images.notes import save_notes, take_note
from ablations.tracking.content.left_out import left_out
from core import DataConfig, DataError, load_data
from core.config import CrossEntropy, PretrainConfig
from core.data.catalog import DATA_SETS
from core.data.fingerprint import fingerprint_of, items_of
from core.data.sources.check import check_images
from core.data.sources.find import data_size, list_images
from helpers import pixels


@pytest.mark.parametrize("make", MAKERS)
def test_each_source_gives_the_same_images(make: Callable[[Path], str], tmp_path: Path) -> None:
    config = own(make(tmp_path))
    for data in (load_data(config, tmp_path), load_data(config, tmp_path, stream=True)):
        assert data.classes == CLASSES
        for split, part in (("train", data.train), ("test", data.test)):
            images, labels = pictures(split)
            assert part.labels.tolist() == labels
            assert part.images[:].permute(0, 2, 3, 1).numpy().tolist() == images.tolist()
    size, check = data_size(config, tmp_path), check_images(tmp_path / config.name)
    assert (size.train, size.test, size.classes) == (TRAIN, TEST, 2)
    assert size.counts == check.splits == {"train": {"cat": 3, "dog": 3}, "test": {"cat": 2, "dog": 2}}
    assert check.findings == ()


def test_a_source_without_a_split_takes_that_of_the_configuration(tmp_path: Path) -> None:
    rows = [{"path": row["path"], "label": row["label"]} for row in write_files(tmp_path / "files")]
    write_csv(tmp_path / "own.csv", rows)
    with pytest.raises(DataError, match=r"has no split: data.split: 0.2"):
        data_size(own("own.csv"), tmp_path)
    assert data_size(own("own.csv", split=0.4), tmp_path).counts == {
        "train": {"cat": 3, "dog": 3},
        "test": {"cat": 2, "dog": 2},
    }
    make_npz(tmp_path)
    with pytest.raises(DataError, match=r"says itself which images are for testing; remove data.split"):
        data_size(own("own.npz", split=0.4), tmp_path)


def test_every_mistake_of_a_manifest_is_listed_at_once(tmp_path: Path) -> None:
    rows = write_files(tmp_path / "files")
    spoiled = [
        {"path": "", "label": "cat", "split": "train"},
        {"path": "files/nowhere.png", "label": "cat", "split": "train"},
        {**rows[0], "split": "trian"},
        {**rows[1], "label": ""},
        {**rows[-1], "label": "eel"},
        {**rows[2], "split": "unlabelled"},
    ]
    write_csv(tmp_path / "own.csv", [*rows, *spoiled])
    findings = {one.kind: one for one in check_images(tmp_path / "own.csv").findings}
    assert all(one.refused for one in findings.values())
    assert {kind: one.places[0] for kind, one in findings.items()} == {
        "rows without a path": "own.csv:12: no path",
        "rows whose file is not there": "own.csv:13: files/nowhere.png",
        "rows of no known split": "own.csv:14: trian",
        "rows without a label": "own.csv:15: files/train1.png",
        "test rows whose label is not in train": "own.csv:16: eel",
        "rows of the split unlabelled that have a label": "own.csv:17: cat",
        "rows with a path that came before": "own.csv:14: files/train0.png, as in row 2",
        "test classes that are not in train": "eel",
    }
    with pytest.raises(DataError, match=r"(?s)own.csv:12: no path.*own.csv:17: cat.*'ablate data own.csv' lists all"):
        data_size(own("own.csv"), tmp_path)
    write_csv(tmp_path / "bad.csv", [{"file": "a.png", "label": "cat"}])
    with pytest.raises(DataError, match="has no column path, only file, label; rename one"):
        data_size(own("bad.csv"), tmp_path)


@pytest.mark.parametrize(
    ("dtype", "shape", "value", "shown"),
    [
        ("uint8", (SIDE, SIDE), 200, 200),
        ("uint8", (SIDE, SIDE, 1), 200, 200),
        ("uint8", (3, SIDE, SIDE), 200, 200),
        ("uint16", (SIDE, SIDE), 51456, 201),
        ("uint16", (SIDE, SIDE, 3), 51456, 201),
        ("float32", (SIDE, SIDE), 0.4, 102),
        ("float64", (SIDE, SIDE, 3), 0.4, 102),
        ("bool", (SIDE, SIDE), True, 255),
    ],
)
def test_arrays_of_any_kind_become_what_a_viewer_shows(
    dtype: str, shape: tuple[int, ...], value: float, shown: int, tmp_path: Path
) -> None:
    train, test = (np.full((count, *shape), value, dtype) for count in (TRAIN, TEST))
    named = {"train_images": train, "train_labels": np.arange(TRAIN)[:, None] % 2}
    np.savez_compressed(
        tmp_path / "own.npz", allow_pickle=False, **named, test_images=test, test_labels=np.arange(TEST) % 2
    )
    data = load_data(own("own.npz"), tmp_path)
    assert data.classes == ("0", "1")
    assert pixels(data.train).unique().tolist() == [shown]
    assert pixels(data.train).shape == (TRAIN, 3, SIDE, SIDE)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"x_train": np.zeros((TRAIN, 5))}, r"x_train is float64 \(6, 5\); images are uint8"),
        ({"x_train": np.zeros((TRAIN, 8, 8), int)}, "x_train is int64"),
        ({"y_train": [0, 1]}, r"y_train is int64 \(2,\); it should have a whole number or a name for each of the 6"),
        ({"y_train": np.array([{}] * TRAIN)}, "y_train.*(pickle|objects)"),
        ({"train_images": np.zeros((TRAIN, 8, 8), np.uint8)}, "train_images and x_train are both images of train"),
        ({"y_train": [7] * TRAIN}, "train has the label 7, and classes has 2 names"),
    ],
)
def test_arrays_that_are_no_data_set_are_explained(more: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", **arrays(**more))
    with pytest.raises(DataError, match=message):
        data_size(own("own.npz"), tmp_path)


def test_values_that_are_no_pixels_are_found_by_the_check(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", **arrays(x_train=np.full((TRAIN, 8, 8, 3), 255.0)))
    (finding,) = check_images(tmp_path / "own.npz").findings
    assert finding.kind == "images that do not decode"
    assert "from 0 to 1, and these are 255 to 255" in finding.places[0]


def make_unlabelled_folder(root: Path) -> str:
    for row in write_files(root / "files"):
        folder = root / "own" / row["split"] / row["label"]
        folder.mkdir(parents=True, exist_ok=True)
        (root / row["path"]).rename(folder / Path(row["path"]).name)
    crawled = root / "own/unlabelled/2020/june"
    crawled.mkdir(parents=True)
    for number in range(5):
        Image.fromarray(picture("train", 20 + number)).save(crawled / f"{number}.png")
    return "own"


def make_unlabelled_arrays(root: Path) -> str:
    np.savez(root / "own.npz", **arrays(x_unlabelled=np.stack([picture("train", 20 + n) for n in range(5)])))
    return "own.npz"


@pytest.mark.parametrize("make", [make_unlabelled_folder, make_unlabelled_arrays])
def test_images_without_labels_are_trained_on_and_not_scored(make: Callable[[Path], str], tmp_path: Path) -> None:
    config = own(make(tmp_path), unlabelled="unlabelled")
    data = load_data(config, tmp_path)
    assert sorted(data.train.labels.tolist()) == [-1] * 5 + [0] * 3 + [1] * 3
    assert pixels(data.train)[data.train.labels < 0][:, 1, 0, 0].tolist() == [200, 210, 220, 230, 240]
    assert len(data.train.labelled()) == TRAIN
    assert data_size(config, tmp_path).counts["train"] == {"cat": 3, "dog": 3, "": 5}
    assert data_size(own(config.name), tmp_path).train == TRAIN


def test_images_without_labels_may_be_another_set_or_all_that_there_is(tmp_path: Path) -> None:
    make_npz(tmp_path)
    make_unlabelled_folder(tmp_path)
    data = load_data(own("own.npz", unlabelled="own"), tmp_path)
    assert (data.train.labels < 0).sum() == TRAIN + TEST + 5
    for split in ("train", "test"):
        (tmp_path / "own" / split).rename(tmp_path / split)
    alone = load_data(own("own", unlabelled="unlabelled"), tmp_path)
    assert (len(alone.train), len(alone.test), alone.classes) == (5, 0, ())
    with pytest.raises(DataError, match=r"data.unlabelled is nowhere, and there is neither"):
        data_size(own("own.npz", unlabelled="nowhere"), tmp_path)


def test_a_method_that_learns_from_labels_refuses_images_without() -> None:
    data = own("own", unlabelled="crawl")
    with pytest.raises(ValueError, match=r"cross_entropy learns from labels.*remove data.unlabelled"):
        PretrainConfig(data=data, loss=CrossEntropy())


def test_images_that_do_not_decode_are_skipped_when_that_is_asked_for(tmp_path: Path) -> None:
    make_csv(tmp_path)
    (tmp_path / "files/train0.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"train0.png: does not decode"):
        load_data(own("own.csv"), tmp_path)
    config = own("own.csv", unreadable="skip")
    data, size = load_data(config, tmp_path), data_size(config, tmp_path)
    assert pixels(data.train)[:, 1, 0, 0].tolist() == [10, 20, 30, 40, 50]
    assert (size.train, size.skipped, size.counts["train"]) == (5, 1, {"cat": 2, "dog": 3})
    assert list_images(config, tmp_path).skipped == (str(tmp_path / "files/train0.png"),)
    (relative,) = list_images(config, Path()).skipped
    assert relative == "files/train0.png", "what is known of a folder holds whatever path names it"
    for number in (2, 4):
        (tmp_path / f"files/train{number}.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="no training image of cat decodes"):
        data_size(config, tmp_path)


def fingerprint(config: DataConfig, data_dir: Path) -> str:
    return fingerprint_of(items_of(list_images(config, data_dir))).value


@pytest.mark.parametrize("make", [make_csv, make_npz, make_npy, make_hugging_face])
def test_the_fingerprint_is_that_of_the_images_wherever_they_are(make: Callable[[Path], str], tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    name = make(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert fingerprint(own(name), tmp_path / "here") == fingerprint(own(name), tmp_path / "there")
    data = tmp_path / "there"
    changed = next(path for path in sorted(data.rglob("*")) if path.suffix in (".png", ".npz", ".npy", ".arrow"))
    changed.write_bytes(changed.read_bytes() + b"more")
    assert fingerprint(own(name), tmp_path / "here") != fingerprint(own(name), data)


def test_what_is_left_out_is_part_of_the_fingerprint_and_named_on_the_page(tmp_path: Path) -> None:
    config = own(make_csv(tmp_path), unreadable="skip")
    whole = fingerprint(config, tmp_path)
    assert whole == fingerprint(own("own.csv"), tmp_path)
    for number in (0, 3):
        (tmp_path / f"files/train{number}.png").write_bytes(b"no image")
    note = take_note(config, tmp_path)
    assert note.fingerprint.value != whole
    assert (note.size.train, note.size.skipped, note.size.counts["train"]) == (4, 2, {"cat": 2, "dog": 2})
    save_notes(Path("runs"), [note])
    text = f"own.csv {note.fingerprint.value}"
    assert list(left_out([text, text], Path("runs"))) == ["2 images of own.csv that do not decode"]
    assert list(left_out([f"own.csv {whole}"], Path("runs"))) == []


STUDY = """
name: mine
title: t
base:
  data: {name: NAME, image_size: 8, unlabelled: unlabelled, unreadable: skip}
  epochs: 2
  batch_size: 4
grid:
  optimizer.learning_rate: [0.1]
seeds: 1
"""


def test_plan_and_check_say_how_many_images_of_which_class_are_in_which_split(tmp_path: Path) -> None:
    make_unlabelled_folder(tmp_path)
    (tmp_path / "own/train/cat/train0.png").write_bytes(b"no image")
    Path("mine.yaml").write_text(STUDY.replace("NAME", "own"))
    code, output = ablate("plan", "mine.yaml", "--data-dir", str(tmp_path))
    assert code == 0, output
    assert "own: 10 training and 4 test images of 2 classes; 1 image left out that did not decode" in output
    assert "  train: cat 2, dog 3, 5 without a label\n  test: cat 2, dog 2\n" in output
    code, output = ablate("data", "own", "--data-dir", str(tmp_path))
    assert code == 2
    assert "own: image folder at" in output
    assert "cat 3, dog 3" in output
    assert "images in unlabelled, which is not read (5); data.unlabelled: unlabelled trains on them" in output
    assert "or leave them out with data.unreadable: skip" in output


def test_data_without_labels_cannot_be_scored_on(tmp_path: Path) -> None:
    make_unlabelled_folder(tmp_path)
    for split in ("train", "test"):
        (tmp_path / "own" / split).rename(tmp_path / split)
    Path("mine.yaml").write_text(STUDY.replace("NAME", "own"))
    code, output = ablate("plan", "mine.yaml", "--data-dir", str(tmp_path))
    assert code == 2
    assert "protocol frozen needs images with labels, and own has none; name a set" in output


class Svhn:
    """The attributes of torchvision's SVHN, without a file."""

    split_list = dict.fromkeys(("train", "test"), ("", "none.mat", ""))

    def __init__(self, root: Path, split: str, download: bool) -> None:
        if download:
            (root / "there").touch()
        if not (root / "there").exists():
            raise RuntimeError("Dataset not found")
        count = TRAIN if split == "train" else TEST
        self.data, self.labels = np.zeros((count, 3, SIDE, SIDE), np.uint8), np.arange(count) % 2

    def __len__(self) -> int:
        return len(self.labels)


def test_a_set_of_torchvision_is_downloaded_only_when_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.SVHN", Svhn)
    name = "torchvision:SVHN"
    with pytest.raises(DataError, match=r"is not in .*'ablate data torchvision:SVHN --download' gets it"):
        load_data(own(name), tmp_path)
    assert ablate("data", name, "--download", "--data-dir", str(tmp_path))[0] == 0
    with pytest.raises(DataError, match=r"has 6 training and 4 test images .* should have 73,257 and 26,032"):
        load_data(own(name), tmp_path)
    assert data_size(own(name), tmp_path) == DATA_SETS[name].size
    code, output = ablate("data", "cifar10", "--download", "--data-dir", str(tmp_path))
    assert code == 2
    assert "--download is for torchvision:SVHN" in output

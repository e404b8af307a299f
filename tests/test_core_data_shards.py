"""Shards: what people have in them is read or refused, nothing is dropped in silence, and order and resume hold."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import torch
from image_sources import (
    TRAIN,
    encoded,
    make_parquet_shards,
    make_tars,
    members,
    own,
    picture,
    pictures,
    write_files,
    write_parquet,
    write_tar,
)

from core import DataError, load_data
from core.data.batches import Batches
from core.data.fingerprint import fingerprint_of, items_of
from core.data.sources.check import check_images
from core.data.sources.find import data_size, list_images, source_at
from core.data.streamed import StreamedImages
from helpers import pixels, squares

Make = Callable[[Path], str]
BOTH = pytest.mark.parametrize("make", [make_tars, make_parquet_shards])


def fingerprint(name: str, data_dir: Path) -> str:
    return fingerprint_of(items_of(list_images(own(name), data_dir))).value


def kinds(root: Path) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Whether each finding of a check is refused, and its places, by its kind."""
    return {one.kind: (one.refused, one.places) for one in check_images(root).findings}


def test_shuffled_batches_of_streamed_shards_are_those_in_memory_from_any_step_on(tmp_path: Path) -> None:
    """Images are decoded ahead in other processes: from a step in the middle of an epoch, as after a resume."""
    config = own(make_tars(tmp_path))
    whole, streamed = (load_data(config, tmp_path, stream=stream).train for stream in (False, True))
    assert isinstance(streamed.images, StreamedImages)
    expected, ahead = (Batches(split, 2, seed=0, device=torch.device("cpu")) for split in (whole, streamed))
    for step in (4, 5, 6):
        assert torch.equal(squares(ahead[step]), squares(expected[step]))
    ahead.close()


def test_tars_may_lie_in_folders_of_splits_or_alone_and_have_labels_in_json(tmp_path: Path) -> None:
    for split in ("train", "val"):
        images, labels = pictures("train" if split == "train" else "test")
        rows = [
            (f"./{n}.PNG", encoded(image), f"./{n}.json", json.dumps({"label": label, "caption": "x"}).encode())
            for n, (image, label) in enumerate(zip(images, labels, strict=True))
        ]
        write_tar(tmp_path / f"own/{split}/0000.tar", [two for row in rows for two in (row[:2], row[2:])])
    data = load_data(own("own"), tmp_path)
    assert (data.classes, data.train.labels.tolist()) == (("0", "1"), pictures("train")[1])
    assert pixels(data.train)[:, 1, 0, 0].tolist() == [10 * number for number in range(TRAIN)]
    shutil.copy(tmp_path / "own/train/0000.tar", tmp_path / "one.tar")
    with pytest.raises(DataError, match=r"one.tar has no split: data.split: 0.2"):
        data_size(own("one.tar"), tmp_path)
    assert (data_size(own("one.tar", split=0.4), tmp_path).train, check_images(tmp_path / "one.tar").findings) == (
        4,
        (),
    )


def test_subset_classes_imbalance_and_unlabelled_are_those_of_any_source(tmp_path: Path) -> None:
    make_tars(tmp_path)
    further = [(f"{number}.png", encoded(picture("train", 20 + number))) for number in range(3)]
    write_tar(tmp_path / "own/unlabelled-0.tar", further)
    assert data_size(own("own"), tmp_path).train == TRAIN
    assert load_data(own("own", subset=4), tmp_path).train.labels.bincount().tolist() == [2, 2]
    assert load_data(own("own", classes=("dog",)), tmp_path).train.labels.unique().tolist() == [1]
    assert sorted(load_data(own("own", imbalance=3.0), tmp_path).train.labels.bincount().tolist()) == [1, 3]
    assert load_data(own("own", unlabelled="unlabelled"), tmp_path).train.labels.tolist()[-3:] == [-1] * 3


def spoil_one(root: Path) -> Path:
    """Replace an image of the first training shard by bytes of the same length, which are no image."""
    shard = next(path for path in sorted(root.rglob("train-*")) if path.is_file())
    old = encoded(picture("train", 1))
    shard.write_bytes(shard.read_bytes().replace(old, b"x" * len(old)))
    return shard


@BOTH
def test_the_fingerprint_is_that_of_the_shards_wherever_they_are(make: Make, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    make(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert fingerprint("own", tmp_path / "here") == fingerprint("own", tmp_path / "there")
    spoil_one(tmp_path / "there/own")
    assert fingerprint("own", tmp_path / "here") != fingerprint("own", tmp_path / "there")


@BOTH
def test_images_that_do_not_decode_are_skipped_when_that_is_asked_for(make: Make, tmp_path: Path) -> None:
    bad = spoil_one(tmp_path / make(tmp_path))
    with pytest.raises(DataError, match=f"{bad.name}//.*: does not decode"):
        load_data(own("own"), tmp_path)
    assert load_data(own("own", unreadable="skip"), tmp_path).train.labels.tolist() == [0, 0, 1, 0, 1]


def test_the_fingerprint_has_the_labels_though_no_content_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.fingerprint.WHOLE", 0)
    monkeypatch.setattr("core.data.fingerprint.SAMPLE", 0)
    make_tars(tmp_path)
    before, path = fingerprint("own", tmp_path), tmp_path / "own/train-000000.tar"
    values = path.read_bytes()
    after = set()
    for label in (b"cat", b"dog"):
        write_tar(path, [(name, label if name.endswith("cls") else content) for name, content in members("train")[:8]])
        after.add(fingerprint("own", tmp_path))
    path.write_bytes(values)
    assert len(values) == path.stat().st_size
    assert len(after - {before}) == 2
    assert fingerprint("own", tmp_path) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2048])


def join(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[2048:2056] = b"\xff" * 8  # the header of the third member
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [cut, join, damage, lambda path: path.write_bytes(b"no tar")])
def test_a_tar_that_is_not_whole_is_refused(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / make_tars(tmp_path) / "train-000000.tar"
    spoil(path)
    with pytest.raises(DataError, match=r"shards that cannot be read; copy or write them again \(train-000000.tar\)"):
        data_size(own("own"), tmp_path)


def test_everything_that_is_wrong_with_tars_is_listed_at_once(tmp_path: Path) -> None:
    make_tars(tmp_path)
    for name in ("train-2.tar.gz", "train-3.tar"):
        (tmp_path / "own" / name).write_bytes(gzip.compress((tmp_path / "own/test-000000.tar").read_bytes()))
    image = encoded(picture("train", 0))
    more = [("a/x.png", image), ("y.png", image), ("y.json", b"{"), ("z.png", image), ("z.cls", b"eel"), ("z.txt", b"")]
    write_tar(tmp_path / "own/test-1.tar", [*more, ("a/._x.png", b""), ("w.png", image), ("w.cls", b"-1")])
    write_tar(tmp_path / "own/train-4.tar", [])
    assert kinds(tmp_path / "own") == {
        "shards that are compressed": (True, ("train-2.tar.gz", "train-3.tar")),
        "images without a label": (True, ("test-1.tar: a/x.png", "test-1.tar: y.png", "test-1.tar: w.png")),
        "shards without images": (True, ("train-4.tar",)),
        "labels that cannot be read": (True, ("test-1.tar: y",)),
        "test classes that are not in train": (True, ("eel",)),
        "members with the suffix .txt, which are not read": (False, ("test-1.tar: z.txt",)),
        "hidden members, which are not read": (False, ("test-1.tar: a/._x.png",)),
    }
    with pytest.raises(DataError, match=r"(?s)compressed.*unpack them.*'ablate data own' lists all"):
        data_size(own("own"), tmp_path)
    (tmp_path / "own/more.tar").touch()
    with pytest.raises(DataError, match=r"more.tar: its name has no split, and others have .*begin it with train-"):
        data_size(own("own"), tmp_path)


def test_a_folder_of_images_stays_one_with_an_archive_beside_them(tmp_path: Path) -> None:
    write_files(tmp_path / "photos/cat")
    write_tar(tmp_path / "photos/backup-train.tar", members("train"))
    write_tar(tmp_path / "photos/cat/backup.tar", members("train"))
    assert source_at(tmp_path / "photos") is None


def test_parquet_shards_that_are_none_are_explained(tmp_path: Path) -> None:
    write_parquet(tmp_path / "own.parquet", "train")
    assert data_size(own("own.parquet", split=0.4), tmp_path).counts["test"] == {"cat": 1, "dog": 1}
    make_parquet_shards(tmp_path)
    shard = tmp_path / "own/data/train-00000-of-00002.parquet"
    content = encoded(picture("train", 0))
    table = pyarrow.table({"jpg": [content, content], "mask": [content, content], "cls": ["dog", None]})
    pyarrow.parquet.write_table(table, shard)
    assert kinds(tmp_path / "own") == {"images without a label": (True, (f"data/{shard.name}: row 1",))}
    pyarrow.parquet.write_table(table.rename_columns(["left", "right", "cls"]), shard)
    with pytest.raises(DataError, match=r"has several columns of images, only left, right, cls; call one .* image"):
        data_size(own("own"), tmp_path)
    empty = {"image": pyarrow.array([None, None], pyarrow.binary()), "label": [0, 1]}
    pyarrow.parquet.write_table(pyarrow.table(empty), shard)
    with pytest.raises(DataError, match="the row has no bytes; write the image itself into the shard, not its path"):
        load_data(own("own"), tmp_path)
    shard.write_bytes(b"no parquet")
    with pytest.raises(DataError, match="shards that cannot be read"):
        data_size(own("own"), tmp_path)


def test_large_row_groups_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.sources.shards.parquet.LARGE", 0)
    make_parquet_shards(tmp_path)
    ((kind, (refused, places)),) = kinds(tmp_path / "own").items()
    assert (kind.partition(",")[0], refused) == ("row groups above 64 MiB", False)
    assert places[0] == "data/test-00000-of-00001.parquet: row group 0"

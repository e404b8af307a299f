"""The fingerprint of a folder of images."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_folders import make_folder
from PIL import Image

import core.data.fingerprint as module
from core import DataConfig, load_data
from core.data.fingerprint import fingerprint_of, items_of
from core.data.load import check_unchanged
from core.data.sources.folders import list_folder
from core.errors import MissingData, OtherData


def taken(root: Path) -> str:
    return fingerprint_of(items_of(list_folder(root))).value


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "photos")


def paint(path: Path, blue: int = 7) -> None:
    Image.fromarray(np.full((20, 20, 3), (1, 2, blue), np.uint8)).save(path)


def one_pixel(root: Path) -> None:
    """Another content of the same size, with the old time of change: as of a copy that restores it."""
    path = root / "train" / "class0" / "0.png"
    paint(path)
    before, stat = path.read_bytes(), path.stat()
    paint(path, 8)
    assert len(path.read_bytes()) == len(before) == stat.st_size
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "train" / "class0" / "0.png").unlink(),
        lambda root: shutil.rmtree(root / "test" / "class2"),
        lambda root: (root / "train" / "class0" / "0.png").rename(root / "train" / "class1" / "9.png"),
        lambda root: (root / "train" / "class0" / "0.png").rename(root / "test" / "class0" / "9.png"),
        lambda root: (root / "train" / "class0" / "0.png").rename(root / "train" / "class0" / "9.png"),
        lambda root: paint(root / "train" / "class0" / "9.png"),
        one_pixel,
    ],
    ids=["image removed", "test class removed", "class", "split", "name", "image added", "pixel"],
)
def test_other_images_have_another_fingerprint(photos: Path, change: Callable[[Path], object]) -> None:
    paint(photos / "train" / "class0" / "0.png")
    before = taken(photos)
    change(photos)
    assert taken(photos) != before


def test_the_same_images_have_the_same_one_wherever_and_whenever(photos: Path, tmp_path: Path) -> None:
    before = taken(photos)
    for path in photos.rglob("*.*"):
        path.touch()
    (photos / "train" / "class0" / "notes.txt").write_text("is no image")
    assert taken(photos) == before
    moved = photos.rename(tmp_path / "other")
    (moved / "test").rename(moved / "val")
    assert taken(moved) == before
    items = list(items_of(list_folder(shutil.copytree(moved, tmp_path / "copy"))))
    assert fingerprint_of(reversed(items)).value == before


def test_it_is_pinned_and_has_the_version_of_the_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for split in ("train", "test"):
        (tmp_path / split / "é").mkdir(parents=True)
        (tmp_path / split / "é" / "1.png").write_bytes(b"not decoded here")
    monkeypatch.setattr(module, "DECODING", 3)
    assert taken(tmp_path) == "17ac264c7a6ac957"
    monkeypatch.setattr(module, "DECODING", 4)
    assert taken(tmp_path) != "17ac264c7a6ac957"


def settled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Trust the times of files that were just written; returns the paths that are read from here on."""
    monkeypatch.setattr(module, "SETTLED", -60.0)
    read: list[str] = []
    content = module.content_of

    def noted(file: module.FoundFile) -> str:
        read.append(file.item.path)
        return content(file)

    monkeypatch.setattr(module, "content_of", noted)
    return read


def test_unchanged_files_are_not_read_again(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = settled(monkeypatch)
    before = taken(photos)
    assert len(read) == 18
    assert taken(photos) == before
    assert len(read) == 18
    one_pixel(photos)
    assert taken(photos) != before
    assert len(read) == 36


def test_files_that_were_written_a_moment_ago_are_read_again(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another change within the clock's tick would not show in their times."""
    read = settled(monkeypatch)
    monkeypatch.setattr(module, "SETTLED", 60.0)
    taken(photos), taken(photos)
    assert len(read) == 36


def test_of_a_large_folder_names_and_sizes_count_and_a_sample_of_contents(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sum(path.stat().st_size for path in photos.rglob("*.*"))
    monkeypatch.setattr(module, "WHOLE", sizes - 1)
    monkeypatch.setattr(module, "SAMPLE", sizes // 2)
    read = settled(monkeypatch)
    found = fingerprint_of(items_of(list_folder(photos)))
    assert 1 <= len(read) < 18
    assert 0 < found.bytes_read <= sizes // 2 < found.bytes == sizes
    assert "contents of" in str(found)
    unread = next(path for path in photos.rglob("*.*") if str(path) not in read)
    unread.rename(unread.with_name(f"x{unread.suffix}"))
    assert taken(photos) != found.value
    unread.with_name(f"x{unread.suffix}").rename(unread)
    assert taken(photos) == found.value
    Path(read[0]).write_bytes(b"x" * Path(read[0]).stat().st_size)
    assert taken(photos) != found.value


def test_a_file_that_goes_away_meanwhile_is_named(photos: Path) -> None:
    items = list(items_of(list_folder(photos)))
    Path(items[3].path).unlink()
    with pytest.raises(MissingData, match=r"class0/3.webp: is listed, but not there"):
        fingerprint_of(items)


def test_a_damaged_note_in_the_cache_costs_itself(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    before = taken(photos)
    (kept,) = (Path(os.environ["XDG_CACHE_HOME"]) / "simclr-ablations" / "fingerprints").iterdir()
    kept.write_text("{}")
    assert taken(photos) == before


def test_images_that_are_decoded_while_they_are_used_must_stay_as_they_are(photos: Path) -> None:
    config = DataConfig(name="photos", image_size=8, fingerprint=taken(photos))
    streamed, in_memory = (load_data(config, photos.parent, stream=stream) for stream in (True, False))
    check_unchanged(config, streamed, photos.parent)
    paint(photos / "train" / "class0" / "0.png")
    check_unchanged(config, in_memory, photos.parent)
    with pytest.raises(OtherData, match=rf"{photos} on .* and those with {config.fingerprint} were asked for"):
        check_unchanged(config, streamed, photos.parent)
    with pytest.raises(OtherData, match="put these back, or ask for"):
        load_data(config, photos.parent)
    assert len(load_data(DataConfig(name="photos", image_size=8), photos.parent).train) == 12

"""Folders of classes: the images of a folder, and the split and class of each, without reading one and without torch.

``list_folder`` is for a folder that has its splits, ``list_unsplit`` for one that has none.
"""

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from core.data.catalog import SUFFIXES, DataSize, ImageFiles, Label, Listing
from core.data.sources.found import TESTS, TRAIN
from core.errors import DataError, MissingData


def list_folder(root: Path) -> ImageFiles:
    """List ``<root>/{train,test}/<class>/*``, or ``val`` for ``test``. Raises ``MissingData`` where there is no such
    folder, ``DataError`` where its content is not of this form."""
    train = root / TRAIN
    test = test_folder(root)
    for split in (train, test):
        if not split.is_dir():
            raise MissingData(
                f"no folder {split}; an image folder is <data_dir>/{root.name}/{{train,test}}/<class>/*.jpg "
                f"(png, jpeg, webp, bmp, tiff; val for test){_unsplit_hint(root)}"
            )
    folders, test_folders = _class_folders(train), _class_folders(test)
    for split, found in ((train, folders), (test, test_folders)):
        if not found:
            raise DataError(f"{split} has no class folders")
    if unknown := sorted(set(test_folders) - set(folders)):
        raise DataError(f"{test_folders[unknown[0]]}: there is no class {unknown[0]!r} in {train}")
    classes = tuple(folders)
    labelled = _images(train, classes, folders)
    _check_each_has_images(labelled, folders)
    return ImageFiles(root.name, classes, labelled, _images(test, classes, test_folders))


def list_unsplit(root: Path, share: float, seed: int) -> ImageFiles:
    """List ``<root>/<class>/*``, of which a share of each class is for testing, at least one image and not all.

    An image is in the split that its name, its class and the seed decide, by their hash: further images move hardly any
    other. Raises as ``list_folder`` does.
    """
    if not root.is_dir():
        raise MissingData(f"no folder {root}; with data.split, an image folder is <data_dir>/{root.name}/<class>/*.jpg")
    folders = _class_folders(root)
    if TRAIN in folders:
        raise DataError(
            f"{folders[TRAIN]} is a split, and data.split is for {root}/<class>/*; remove data.split, or move "
            "all class folders up"
        )
    if not folders:
        raise DataError(f"{root} has no class folders; data.split is for {root}/<class>/*.jpg")
    classes = tuple(folders)
    images = _images(root, classes, folders)
    _check_each_has_images(images, folders)
    return split_by_name(root.name, classes, images, share, seed)


def split_by_name(name: str, classes: tuple[str, ...], images: Listing, share: float, seed: int) -> ImageFiles:
    """Split images as ``list_unsplit`` does, by the last part of their places."""
    tested = _test_images(images, classes, share, seed)
    train = tuple(image for image in images if image not in tested)
    return ImageFiles(name, classes, train, tuple(image for image in images if image in tested))


def split_size(size: DataSize, share: float) -> DataSize:
    """Return the size of a set, all of whose images are for training, after ``split_by_name``."""
    test = {name: test_count(count, share) for name, count in size.counts["train"].items()}
    train = {name: count - test[name] for name, count in size.counts["train"].items()}
    counts = {"train": train, "test": test}
    unlabelled = train.get("", 0)
    return replace(size, train=sum(train.values()), test=sum(test.values()), counts=counts, unlabelled=unlabelled)


def test_count(count: int, share: float) -> int:
    """Return how many of a class's images are for testing: at least one, and not all."""
    return min(max(1, round(share * count)), count - 1)


def test_folder(root: Path) -> Path:
    """Return the folder of the test split; its most usual name where there is none."""
    return next((root / name for name in TESTS if _class_folders(root / name)), root / TESTS[0])


def _test_images(images: Listing, classes: tuple[str, ...], share: float, seed: int) -> frozenset[tuple[str, Label]]:
    by_class: dict[Label, list[str]] = {}
    for path, label in images:
        by_class.setdefault(label, []).append(path)
    tested: list[tuple[str, Label]] = []
    for number, name in enumerate(classes):
        paths = by_class.get(number, [])
        if len(paths) == 1:
            raise DataError(f"{paths[0]}: is the only image of {name!r}, and a split needs two; add one, or remove it")
        drawn = sorted(paths, key=lambda path: _rank(path, name, seed))
        tested += [(path, number) for path in drawn[: test_count(len(paths), share)]]
    return frozenset(tested)


def _rank(path: str, name: str, seed: int) -> bytes:
    """The place of an image in the order in which images are taken for testing."""
    file = unicodedata.normalize("NFC", Path(path).name)
    return hashlib.sha256(f"split/{seed}/{name}/{file}".encode("utf-8", "surrogateescape")).digest()


def _unsplit_hint(root: Path) -> str:
    """The setting that a folder with classes and without splits needs, as text; else empty."""
    folders = _class_folders(root)
    if not folders or TRAIN in folders or set(folders) & set(TESTS):
        return ""
    return f"; {root} has {len(folders)} folders and no split: data.split: 0.2 takes a fifth of each class for testing"


def _check_each_has_images(images: Listing, folders: Mapping[str, Path]) -> None:
    if empty := set(range(len(folders))) - {label for _, label in images}:
        folder = list(folders.values())[min(empty)]
        raise DataError(f"{folder}: has no images; add some, or remove this class folder{_misnamed_hint([folder])}")


def _misnamed_hint(folders: Iterable[Path]) -> str:
    """The remedy for folders that have folders and no images, as a split of another name has; else empty."""
    for folder in folders:
        if inside := ", ".join(_class_folders(folder)):
            return f"; {folder} has the folders {inside:.80}: if it is a split, call it {TRAIN}, {' or '.join(TESTS)}"
    return ""


def _class_folders(split: Path) -> dict[str, Path]:
    """Folder of each class by its name, sorted; hidden ones, such as notebooks' checkpoints, are none.

    Names are in the composed form of Unicode: macOS writes ``é`` as two characters, other systems as one.
    """
    folders: dict[str, Path] = {}
    for folder in sorted(split.iterdir()) if split.is_dir() else []:
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        name = unicodedata.normalize("NFC", folder.name)
        if name in folders:
            raise DataError(f"{split} has two folders {name!r}, in two forms of Unicode; make them one")
        folders[name] = folder
    return dict(sorted(folders.items()))


def _images(split: Path, classes: tuple[str, ...], folders: Mapping[str, Path]) -> Listing:
    images: list[tuple[str, Label]] = []
    for number, name in enumerate(classes):
        files = _files(folders[name]) if name in folders else []
        images += [(path, number) for path in files if path.lower().endswith(SUFFIXES)]
    if not images:
        hint = _misnamed_hint(folders.values())
        raise DataError(f"{split} has no images; looked for {', '.join(SUFFIXES)} in its class folders{hint}")
    return tuple(images)


def _files(folder: Path) -> list[str]:
    """Paths of the files that are not hidden: macOS leaves a ``._1.jpg`` beside ``1.jpg``."""
    with os.scandir(folder) as entries:
        return sorted(entry.path for entry in entries if not entry.name.startswith("."))

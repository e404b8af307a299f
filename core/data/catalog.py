"""What data there is, and how much: found out without reading an image, and without torch."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from core.config.data import DataConfig
from core.errors import DataError, MissingData

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
TEST_FOLDERS = ("test", "val")
"""The first that has class folders is the test split: ImageNet's labelled one is ``val``."""

SHAPES = "shapes"
SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES = 6000, 2000, 10
ARCHIVES = ("cifar10", "cifar100", "stl10")
"""Data sets that torchvision has as arrays rather than as image files."""


@dataclass(frozen=True)
class DataSize:
    """Numbers of images and classes."""

    train: int
    test: int
    classes: int

    def reduced(self, config: DataConfig) -> "DataSize":
        """After the subset is taken. Raises ``DataError`` where it is larger than what there is."""
        train = round(config.subset * self.train) if isinstance(config.subset, float) else config.subset
        if train > self.train:
            raise DataError(f"data.subset is {train:,}, but {config.name} has {self.train:,} training images")
        return replace(self, train=max(1, train))


KNOWN_SIZES = {
    SHAPES: DataSize(SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES),
    "cifar10": DataSize(50_000, 10_000, 10),
    "cifar100": DataSize(50_000, 10_000, 100),
    "stl10": DataSize(105_000, 8_000, 10),
    "food101": DataSize(75_750, 25_250, 101),
    "sun397": DataSize(19_850, 19_850, 397),
    "cars": DataSize(8_144, 8_041, 196),
    "aircraft": DataSize(6_667, 3_333, 100),
    "voc2007": DataSize(5_011, 4_952, 20),
    "dtd": DataSize(3_760, 1_880, 47),
    "pets": DataSize(3_680, 3_669, 37),
    "caltech101": DataSize(3_060, 6_084, 102),
    "flowers102": DataSize(2_040, 6_149, 102),
}
"""With the splits of ``core.data.transfer.TABLE_8``: the sizes in Table 1 of Kornblith et al. (2019), whose twelve
data sets the paper takes; only Pets has 3,669 test images, where 3,369 is printed. Caltech-101's classes include the
background there, and so here."""

Label = int | tuple[int, ...]
"""A class number; or, of an image with several labels, as in ``Split.labels`` one number for every class."""
Listing: TypeAlias = tuple[tuple[str, Label], ...]
"""Path and label of every image. Text, since a million of ``Path`` are slow and large."""


@dataclass(frozen=True)
class ImageFiles:
    """A data set of image files, found and not yet read."""

    name: str
    classes: tuple[str, ...]
    train: Listing
    test: Listing

    @property
    def size(self) -> DataSize:
        return DataSize(len(self.train), len(self.test), len(self.classes))


def data_size(config: DataConfig, data_dir: Path) -> DataSize:
    """The size of the data set after its subset is taken. Raises ``DataError`` where a folder is missing."""
    size = KNOWN_SIZES.get(config.name) or list_folder(data_dir / config.name).size
    return size.reduced(config)


def list_folder(root: Path) -> ImageFiles:
    """List ``<root>/{train,test}/<class>/*``, or ``val`` for ``test``. Raises ``DataError`` where that is not what is
    there, ``MissingData`` where nothing is."""
    train = root / "train"
    test = next((root / name for name in TEST_FOLDERS if _class_names(root / name)), root / TEST_FOLDERS[0])
    for split in (train, test):
        if not split.is_dir():
            embedded = ", ".join(KNOWN_SIZES)
            raise MissingData(
                f"no folder {split}; an image folder is <data_dir>/{root.name}/{{train,test}}/<class>/*.jpg "
                f"(png, jpeg, webp; val for test); built-in names are {embedded}"
            )
    classes, test_classes = _class_names(train), _class_names(test)
    for split, names in ((train, classes), (test, test_classes)):
        if not names:
            raise DataError(f"{split} has no class folders")
    if unknown := sorted(set(test_classes) - set(classes)):
        raise DataError(f"{test / unknown[0]}: there is no class {unknown[0]!r} in {train}")
    return ImageFiles(root.name, classes, _images(train, classes), _images(test, classes))


def _class_names(split: Path) -> tuple[str, ...]:
    return tuple(sorted(entry.name for entry in split.iterdir() if entry.is_dir())) if split.is_dir() else ()


def _images(split: Path, classes: tuple[str, ...]) -> Listing:
    images: list[tuple[str, Label]] = []
    for number, name in enumerate(classes):
        images += [(path, number) for path in _files(split / name) if path.lower().endswith(SUFFIXES)]
    if not images:
        raise DataError(f"{split} has no images; looked for {', '.join(SUFFIXES)} in its class folders")
    return tuple(images)


def _files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entry.path for entry in entries)

"""The data sets and their sizes, found without reading an image and without torch."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from core.config.data import DataConfig
from core.config.metrics import Metric
from core.config.names import Names
from core.config.registry import Code
from core.data.transfer import table_8_metric
from core.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""Ends of the names of image files, in small letters; capital ones count too."""

SHAPES = "shapes"
SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES = 6000, 2000, 10


@dataclass(frozen=True)
class DataSize:
    """Numbers of images and classes."""

    train: int
    test: int
    classes: int

    def reduced(self, config: DataConfig) -> "DataSize":
        """Return the size after the subset is taken. Raises ``DataError`` where the subset is larger than the data."""
        train = round(config.subset * self.train) if isinstance(config.subset, float) else config.subset
        if train > self.train:
            raise DataError(f"data.subset is {train:,}, but {config.name} has {self.train:,} training images")
        return replace(self, train=max(1, train))


@dataclass(frozen=True)
class DataSet:
    """A data set with a name of its own."""

    size: DataSize
    """Numbers of images and classes that it has."""
    load: Code | None = None
    """Function ``(name, data_dir, size, choice) -> core.data.dataset.Dataset`` for images that are in memory as a
    whole, as squares of ``size`` pixels. ``choice`` takes the training labels (N,) and returns the indices of the
    images to keep."""
    files: Code | None = None
    """Function ``(name, data_dir) -> ImageFiles`` for images in files, where there is no ``load``."""
    metric: Metric | None = None
    """Metric by which it is scored where none is asked for. None: top-1, or map_11 where an image has several
    labels."""


DATA_SETS: Names[DataSet] = Names("data set")
"""Data sets that are known by their names; every other name is that of an image folder.

Sizes are those in Table 1 of Kornblith et al. (2019), whose twelve data sets the paper takes, with the splits of
``core.data.transfer.TABLE_8``. Only Pets has 3,669 test images, where 3,369 is printed. Caltech-101's classes include
the background there, and so here."""

ARCHIVES = {
    "cifar10": DataSize(50_000, 10_000, 10),
    "cifar100": DataSize(50_000, 10_000, 100),
    "stl10": DataSize(105_000, 8_000, 10),
}
"""Data sets that torchvision loads from an archive."""
FILES = {
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
"""Data sets of image files that torchvision finds or downloads."""

KNOWN_FOLDERS = {"imagenet": DataSize(1_281_167, 50_000, 1_000), "birdsnap": DataSize(47_386, 2_443, 500)}
"""Sizes of published data sets that are image folders here: ILSVRC-2012 with its validation images, and Birdsnap as in
Table 1 of Kornblith et al. (2019)."""

DATA_SETS.register(
    SHAPES, DataSet(DataSize(SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES), load="core.data.sets.shapes:load")
)
for _name, _size in ARCHIVES.items():
    DATA_SETS.register(_name, DataSet(_size, load="core.data.sets.archives:load", metric=table_8_metric(_name)))
for _name, _size in FILES.items():
    DATA_SETS.register(_name, DataSet(_size, files="core.data.sets.files:find", metric=table_8_metric(_name)))

Label = int | tuple[int, ...]
"""A class number; for an image with several labels one number for every class, as in ``Split.labels``."""
Listing: TypeAlias = tuple[tuple[str, Label], ...]
"""Path and label of every image. Paths are text, since a million ``Path`` objects are slow and large."""


@dataclass(frozen=True)
class ImageFiles:
    """A data set of image files that are listed and not yet read."""

    name: str
    classes: tuple[str, ...]
    train: Listing
    test: Listing

    @property
    def size(self) -> DataSize:
        return DataSize(len(self.train), len(self.test), len(self.classes))


def metric_of(name: str) -> Metric | None:
    """Return the metric by which a data set is scored; None where the kind of its labels decides."""
    return DATA_SETS[name].metric if name in DATA_SETS else table_8_metric(name)

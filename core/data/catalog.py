"""The data sets and their sizes, found without reading an image and without torch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from core.config.data import DataConfig
from core.config.metrics import Metric
from core.config.names import Names
from core.config.own_code import code_of
from core.config.registry import Code
from core.data.sources.kept import kept_counts
from core.data.transfer import table_8_metric
from core.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""Ends of the names of image files, in small letters; capital ones count too."""

SHAPES, SHAPES_BY_COLOUR = "shapes", "shapes-by-colour"
DRAWN = (SHAPES, SHAPES_BY_COLOUR)
"""Data sets that are drawn, and need no file."""
SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES = 6000, 2000, 10


@dataclass(frozen=True)
class DataSize:
    """Numbers of images and classes."""

    train: int
    test: int
    classes: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict, compare=False, repr=False)
    """Numbers of images by split and class, those without a label as class ``""``. A split that is not counted is
    missing."""
    skipped: int = field(default=0, compare=False, repr=False)
    """Number of images that do not decode and are left out."""
    unlabelled: int = field(default=0, compare=False, repr=False)
    """Number of training images without a label."""

    @property
    def labelled(self) -> int:
        """Number of training images with a label."""
        return self.train - self.unlabelled

    def reduced(self, config: DataConfig) -> "DataSize":
        """Return the size after the subset is taken. Raises ``DataError`` where the subset is larger than the data, or
        where classes are to be chosen and their sizes are not known."""
        if config.is_curated:
            return self._curated(config)
        train = round(config.subset * self.train) if isinstance(config.subset, float) else config.subset
        if train > self.train:
            raise DataError(f"data.subset is {train:,}, but {config.name} has {self.train:,} training images")
        counts = self.counts if train == self.train else {k: v for k, v in self.counts.items() if k != "train"}
        return replace(
            self, train=max(1, train), counts=counts, unlabelled=train * self.unlabelled // max(1, self.train)
        )

    def _curated(self, config: DataConfig) -> "DataSize":
        counts = self.counts.get("train", {})
        if not counts or "" in counts:
            known = "images without a label" if counts else "classes whose sizes are not known before they are read"
            raise DataError(f"data.imbalance and data.classes choose by classes, and {config.name} has {known}")
        kept = dict(zip(counts, kept_counts(list(counts.values()), list(counts), config), strict=True))
        return replace(self, train=sum(kept.values()), counts={**self.counts, "train": kept})


def _equal(train: int, test: int, classes: int) -> DataSize:
    """The size of a data set whose classes all have the same number of training images; their names are numbers."""
    return DataSize(train, test, classes, {"train": {str(number): train // classes for number in range(classes)}})


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
    "cifar10": _equal(50_000, 10_000, 10),
    "cifar100": _equal(50_000, 10_000, 100),
    "stl10": DataSize(105_000, 8_000, 10, unlabelled=100_000),
}
"""Data sets that torchvision loads from an archive."""
FILES = {
    "food101": _equal(75_750, 25_250, 101),
    "sun397": DataSize(19_850, 19_850, 397),
    "cars": DataSize(8_144, 8_041, 196),
    "aircraft": DataSize(6_667, 3_333, 100),
    "voc2007": DataSize(5_011, 4_952, 20),
    "dtd": _equal(3_760, 1_880, 47),
    "pets": DataSize(3_680, 3_669, 37),
    "caltech101": DataSize(3_060, 6_084, 102),
    "flowers102": DataSize(2_040, 6_149, 102),
}
"""Data sets of image files that torchvision finds or downloads."""

KNOWN_FOLDERS = {"imagenet": DataSize(1_281_167, 50_000, 1_000), "birdsnap": DataSize(47_386, 2_443, 500)}
"""Sizes of published data sets that are image folders here: ILSVRC-2012 with its validation images, and Birdsnap as in
Table 1 of Kornblith et al. (2019)."""
PREFIX = "torchvision:"
"""Beginning of the names of data sets that are named after torchvision's classes. No image folder has such a name."""
TORCHVISION = {
    "SVHN": DataSize(73_257, 26_032, 10),
    "MNIST": DataSize(60_000, 10_000, 10),
    "FashionMNIST": _equal(60_000, 10_000, 10),
    "KMNIST": _equal(60_000, 10_000, 10),
    "USPS": DataSize(7_291, 2_007, 10),
}
"""Data sets of arrays by the name of torchvision's class."""
TORCHVISION_FILES = {
    "GTSRB": DataSize(26_640, 12_630, 43),
    "Country211": DataSize(31_650, 21_100, 211),
    "Imagenette": DataSize(9_469, 3_925, 10),
}
"""Data sets of image files by the name of torchvision's class. Imagenette is scored on its ``val``."""
TORCHVISION_UNSPLIT = {
    "EuroSAT": {
        "AnnualCrop": 3_000,
        "Forest": 3_000,
        "HerbaceousVegetation": 3_000,
        "Highway": 2_500,
        "Industrial": 2_500,
        "Pasture": 2_000,
        "PermanentCrop": 2_500,
        "Residential": 3_000,
        "River": 2_500,
        "SeaLake": 3_000,
    }
}
"""Images of each class of data sets that have no test images: ``data.split`` takes some (Helber et al. 2019)."""

BUILT_IN_AS = {
    "CIFAR10": "cifar10",
    "CIFAR100": "cifar100",
    "STL10": "stl10",
    "Food101": "food101",
    "SUN397": "sun397",
    "StanfordCars": "cars",
    "FGVCAircraft": "aircraft",
    "VOCDetection": "voc2007",
    "DTD": "dtd",
    "OxfordIIITPet": "pets",
    "Caltech101": "caltech101",
    "Flowers102": "flowers102",
}
"""Names here of data sets that are built in, by the name of torchvision's class."""

for _name, _module in zip(DRAWN, ("shapes", "shapes_by_colour"), strict=True):
    _size = _equal(SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES)
    DATA_SETS.register(_name, DataSet(_size, load=f"core.data.sets.{_module}:load"))
for _name, _size in ARCHIVES.items():
    DATA_SETS.register(_name, DataSet(_size, load="core.data.sets.archives:load", metric=table_8_metric(_name)))
for _name, _size in FILES.items():
    DATA_SETS.register(_name, DataSet(_size, files="core.data.sets.files:find", metric=table_8_metric(_name)))
for _name, _size in TORCHVISION.items():
    DATA_SETS.register(f"{PREFIX}{_name}", DataSet(_size, load="core.data.sets.torchvision_sets:load"))
for _name, _size in TORCHVISION_FILES.items():
    DATA_SETS.register(f"{PREFIX}{_name}", DataSet(_size, files="core.data.sets.torchvision_sets:find"))

for _name, _counts in TORCHVISION_UNSPLIT.items():
    _size = DataSize(sum(_counts.values()), 0, len(_counts), {"train": _counts})
    DATA_SETS.register(f"{PREFIX}{_name}", DataSet(_size, files="core.data.sets.torchvision_sets:find"))

NO_LABEL = -1
"""Label of an image that has none."""
Label = int | tuple[int, ...]
"""A class number; for an image with several labels one number for every class, as in ``Split.labels``."""
Listing: TypeAlias = tuple[tuple[str, Label], ...]
"""Path and label of every image. Paths are text, since a million ``Path`` objects are slow and large."""


@dataclass(frozen=True)
class ImageFiles:
    """A data set of images that are listed and not yet read. The place of each is a path, or a place inside a file; see
    ``core.data.sources.inside``."""

    name: str
    classes: tuple[str, ...]
    train: Listing
    test: Listing
    skipped: tuple[str, ...] = ()
    """Places of images that do not decode and are left out."""

    @property
    def size(self) -> DataSize:
        counts = {"train": self._counts(self.train), "test": self._counts(self.test)}
        without = counts["train"].get("", 0)
        return DataSize(len(self.train), len(self.test), len(self.classes), counts, len(self.skipped), without)

    def _counts(self, listing: Listing) -> dict[str, int]:
        found = Counter(label for _, label in listing)
        names = {name: found[number] for number, name in enumerate(self.classes)}
        return names | ({"": found[NO_LABEL]} if found[NO_LABEL] else {})


def is_own(name: str) -> bool:
    """Return whether a file of the user's own code has registered the data set."""
    return code_of(DATA_SETS.what, name) is not None


def is_built_in(name: str) -> bool:
    """Return whether the project has a data set of that name, which is known without its images."""
    return name in DATA_SETS and not is_own(name)


def check_own_size(name: str, found: DataSize) -> None:
    """Raise ``DataError`` where the data set that a user registered has other numbers than it was registered with."""
    told = DATA_SETS[name].size
    if (found.train, found.test, found.classes) != (told.train, told.test, told.classes):
        raise DataError(
            f"{name} is registered with DataSize({told.train}, {told.test}, {told.classes}), and its function gives "
            f"{found.train} training and {found.test} test images of {found.classes} classes; correct one of both"
        )


def is_unsplit(name: str) -> bool:
    """Return whether a built-in data set has no test images of its own."""
    return name.removeprefix(PREFIX) in TORCHVISION_UNSPLIT and name.startswith(PREFIX)


def metric_of(name: str) -> Metric | None:
    """Return the metric by which a data set is scored; None where the kind of its labels decides."""
    return DATA_SETS[name].metric if name in DATA_SETS else table_8_metric(name)

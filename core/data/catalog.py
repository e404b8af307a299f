"""What data there is, and how much: found out without reading an image, and without torch."""

from dataclasses import dataclass
from pathlib import Path

from core.config.data import DataConfig
from core.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
SPLITS = ("train", "test")

SHAPES = "shapes"
SHAPES_TRAIN, SHAPES_TEST, SHAPES_CLASSES = 6000, 2000, 10


@dataclass(frozen=True)
class DataSize:
    """Numbers of images and classes."""

    train: int
    test: int
    classes: int


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
Listing = tuple[tuple[Path, Label], ...]
"""Path and label of every image."""


@dataclass(frozen=True)
class ImageFiles:
    """A data set of image files, found and not yet read."""

    name: str
    classes: tuple[str, ...]
    train: Listing
    test: Listing


def data_size(config: DataConfig, data_dir: Path) -> DataSize:
    """The size of the data set after its subset is taken. Raises ``DataError`` where a folder is missing."""
    known = KNOWN_SIZES.get(config.name)
    if known is None:
        folder = list_folder(data_dir / config.name)
        known = DataSize(len(folder.train), len(folder.test), len(folder.classes))
    train = round(config.subset * known.train) if isinstance(config.subset, float) else config.subset
    if train > known.train:
        raise DataError(f"data.subset is {train:,}, but {config.name} has {known.train:,} training images")
    return DataSize(max(1, train), known.test, known.classes)


def list_folder(root: Path) -> ImageFiles:
    """List ``<root>/{train,test}/<class>/*`` by sorted names. Raises ``DataError`` where that is not what is there."""
    for split in SPLITS:
        if not (root / split).is_dir():
            embedded = ", ".join(KNOWN_SIZES)
            raise DataError(
                f"no folder {root / split}; an image folder is <data_dir>/{root.name}/{{train,test}}/<class>/*.jpg "
                f"(png, jpeg, webp); built-in names are {embedded}"
            )
    classes = _classes(root / "train")
    if unknown := sorted(set(_classes(root / "test")) - set(classes)):
        raise DataError(f"{root / 'test' / unknown[0]}: there is no class {unknown[0]!r} in {root / 'train'}")
    train, test = (_images(root / split, classes) for split in SPLITS)
    return ImageFiles(root.name, classes, train, test)


def _classes(split: Path) -> tuple[str, ...]:
    classes = tuple(sorted(entry.name for entry in split.iterdir() if entry.is_dir()))
    if not classes:
        raise DataError(f"{split} has no class folders")
    return classes


def _images(split: Path, classes: tuple[str, ...]) -> Listing:
    images: list[tuple[Path, Label]] = []
    for number, name in enumerate(classes):
        folder = split / name
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        images += [(file, number) for file in files if file.suffix.lower() in SUFFIXES]
    if not images:
        raise DataError(f"{split} has no images; looked for {', '.join(SUFFIXES)} in its class folders")
    return tuple(images)

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
}


@dataclass(frozen=True)
class ImageFolder:
    """An image folder's listing, in the order of its sorted names."""

    root: Path
    classes: tuple[str, ...]
    train: tuple[tuple[Path, int], ...]
    """Path and class number of every image."""
    test: tuple[tuple[Path, int], ...]


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


def list_folder(root: Path) -> ImageFolder:
    """List ``<root>/{train,test}/<class>/*``. Raises ``DataError`` where that is not what is there."""
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
    return ImageFolder(root, classes, train, test)


def _classes(split: Path) -> tuple[str, ...]:
    classes = tuple(sorted(entry.name for entry in split.iterdir() if entry.is_dir()))
    if not classes:
        raise DataError(f"{split} has no class folders")
    return classes


def _images(split: Path, classes: tuple[str, ...]) -> tuple[tuple[Path, int], ...]:
    images = []
    for number, name in enumerate(classes):
        folder = split / name
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        images += [(file, number) for file in files if file.suffix.lower() in SUFFIXES]
    if not images:
        raise DataError(f"{split} has no images; looked for {', '.join(SUFFIXES)} in its class folders")
    return tuple(images)

"""The data sets of Table 8 that consist of image files: torchvision finds or downloads them, and knows their labels.

Only the places of the files are taken from torchvision; they are decoded like those of an image folder.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torchvision import datasets

from core.data.catalog import SUFFIXES, ImageFiles, Listing
from core.data.sets.checksums import check_published
from core.data.subset import balanced_subset
from core.data.transfer import TABLE_8
from core.errors import DataError
from core.randomness import generator

Part = tuple[tuple[str, ...], Listing]
"""Names of the classes, and the files of a split."""

CALTECH_IMAGES = 30
"""Number of training images of each class. Appendix B.8.1."""

VOC_LABELS = {"1": 1, "-1": 0, "0": -1}
"""Labels of PASCAL VOC 2007 in the lists of its development kit. There 0 marks a class of which an image has only
objects that are marked as difficult. The kit's evaluation counts such an image neither for nor against the class. The
paper does not say what it does; here it is the same in evaluation and training."""


def find(name: str, data_dir: Path) -> ImageFiles:
    """List the files of the splits of ``TABLE_8``, from ``data_dir`` as torchvision lays it out, or downloaded to it.

    Raises ``DataError`` where the data is not complete and cannot be downloaded, and where a list of labels is not the
    distributor's.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    check_published(name, data_dir)
    splits = TABLE_8[name]
    try:
        train = [KNOWN_FILES[name](data_dir, split) for split in splits.train]
        classes, test = KNOWN_FILES[name](data_dir, splits.test)
    except DataError:
        raise
    except (ImportError, KeyError, OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{name} is not complete in {data_dir.resolve()} and could not be downloaded ({error})"
        ) from error
    return ImageFiles(name, classes, tuple(image for _, part in train for image in part), test)


def _opened(kind: Callable[..., Any], data_dir: Path, **options: Any) -> Any:
    """Open a data set, and download it only where it is missing: torchvision unpacks an archive again at every
    download."""
    try:
        return kind(data_dir, **options)
    except (OSError, RuntimeError):
        return kind(data_dir, download=True, **options)


def _by_split(kind: Callable[..., Any], data_dir: Path, split: str) -> Part:
    data = _opened(kind, data_dir, split=split, loader=Path)  # gives the path instead of the image
    return tuple(data.classes), tuple((str(path), int(label)) for path, label in data)


def _pets(data_dir: Path, split: str) -> Part:
    data = _opened(datasets.OxfordIIITPet, data_dir, split=split)
    return tuple(data.classes), tuple(
        zip(map(str, data._images), data._labels, strict=True)
    )  # this class takes no loader


def _sun397(data_dir: Path, split: str) -> Part:
    """List a split of SUN397, which torchvision does not know."""
    data = _opened(datasets.SUN397, data_dir, loader=Path)
    root = data_dir / "SUN397"
    if not (root / f"{split}.txt").exists():
        raise DataError(
            f"{root / f'{split}.txt'} is missing; torchvision does not bring the splits of SUN397: unpack "
            f"https://vision.princeton.edu/projects/2010/SUN/download/Partitions.zip into {root}"
        )
    lines = (root / f"{split}.txt").read_text(encoding="utf-8").split()
    labels = [data.class_to_idx["/".join(line.split("/")[2:-1])] for line in lines]  # /a/abbey/sun_aaalbzqrimafwbiv.jpg
    return tuple(data.classes), tuple((str(root / line[1:]), label) for line, label in zip(lines, labels, strict=True))


def _caltech101(data_dir: Path, split: str) -> Part:
    """List a split of all folders of Caltech-101; torchvision leaves out the background."""
    root = Path(_opened(datasets.Caltech101, data_dir).root) / "101_ObjectCategories"
    classes = tuple(sorted(folder.name for folder in root.iterdir() if folder.is_dir()))
    files = [sorted(path for path in (root / name).iterdir() if path.suffix in SUFFIXES) for name in classes]
    listing = [(str(path), label) for label, paths in enumerate(files) for path in paths]
    labels = torch.tensor([label for _, label in listing])
    chosen = balanced_subset(labels, CALTECH_IMAGES * len(classes), generator(0, "caltech101 training images"))
    in_train = set(chosen.tolist())
    return classes, tuple(image for number, image in enumerate(listing) if (number in in_train) == (split == "train"))


def _voc2007(data_dir: Path, split: str) -> Part:
    data = _opened(datasets.VOCDetection, data_dir, year="2007", image_set=split)
    folder = data_dir / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
    if not (lists := sorted(folder.glob(f"*_{split}.txt"))):
        raise FileNotFoundError(f"no {folder / f'*_{split}.txt'}")
    columns = [dict(line.split() for line in path.read_text(encoding="utf-8").splitlines()) for path in lists]
    labels = {path: tuple(VOC_LABELS[column[Path(path).stem]] for column in columns) for path in data.images}
    return tuple(path.stem.removesuffix(f"_{split}") for path in lists), tuple((str(p), n) for p, n in labels.items())


KNOWN_FILES: dict[str, Callable[[Path, str], Part]] = {
    "food101": partial(_by_split, datasets.Food101),
    "sun397": _sun397,
    "cars": partial(_by_split, datasets.StanfordCars),
    "aircraft": partial(_by_split, datasets.FGVCAircraft),
    "voc2007": _voc2007,
    "dtd": partial(_by_split, datasets.DTD),
    "pets": _pets,
    "caltech101": _caltech101,
    "flowers102": partial(_by_split, datasets.Flowers102),
}

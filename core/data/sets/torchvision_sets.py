"""Data sets of torchvision that are named after its classes, such as ``torchvision:SVHN``.

They are downloaded only when that is asked for. ``catalog.TORCHVISION`` has their numbers, which are checked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torchvision import datasets

from core.data.catalog import DATA_SETS, PREFIX, ImageFiles, Listing
from core.data.dataset import Dataset, Split
from core.data.sets.archives import Choice
from core.data.sets.checksums import check_published
from core.data.square import fit_square
from core.errors import DataError, MissingData


@dataclass(frozen=True)
class _Form:
    """How torchvision's class is asked for a split."""

    train: dict[str, object]
    test: dict[str, object] | None
    """None for a class that has no split."""
    folder: str = ""
    """Folder in the data folder, for a class that makes none of its own."""


BY_FLAG: tuple[dict[str, object], dict[str, object]] = {"train": True}, {"train": False}
BY_NAME: tuple[dict[str, object], dict[str, object]] = {"split": "train"}, {"split": "test"}

FORMS = {
    "SVHN": _Form(*BY_NAME, folder="SVHN"),
    "MNIST": _Form(*BY_FLAG),
    "FashionMNIST": _Form(*BY_FLAG),
    "KMNIST": _Form(*BY_FLAG),
    "USPS": _Form(*BY_FLAG, folder="USPS"),
    "GTSRB": _Form(*BY_NAME),
    "Country211": _Form(*BY_NAME),
    "Imagenette": _Form({"split": "train"}, {"split": "val"}),
    "EuroSAT": _Form({}, None),
}
"""Forms by the name of the class."""


def download(name: str, data_dir: Path) -> None:
    """Download a data set to where ``load`` and ``find`` look for it. Raises ``DataError`` where that fails."""
    for train in (True, False):
        try:
            _opened(name, data_dir, train, download=True)
        except (OSError, RuntimeError) as error:
            if "already exists" not in str(error):  # Imagenette, which was unpacked before
                raise DataError(f"{name} could not be downloaded ({error})") from error


def load(name: str, data_dir: Path, image_size: int, choice: Choice) -> Dataset:
    """Load a data set of arrays, its training images chosen. Raises ``DataError`` as ``find`` does."""
    train, test = _both(name, data_dir)
    classes = _classes(name, train)
    _check(name, len(classes), len(train), len(test))
    kept = choice(_labels(train))
    return Dataset(name, classes, _split(train, image_size, kept), _split(test, image_size, slice(None)))


def find(name: str, data_dir: Path) -> ImageFiles:
    """List the files of a data set of image files; of one without a split, all as training images. Raises
    ``MissingData`` where it is not there, ``DataError`` where it has other numbers of images than it should."""
    train, test = _both(name, data_dir)
    classes = _classes(name, train)
    files = ImageFiles(name, classes, _listing(train), _listing(test) if test else ())
    _check(name, len(classes), len(files.train), len(files.test))
    return files


def _both(name: str, data_dir: Path) -> tuple[Any, Any]:
    check_published(name, data_dir)
    try:
        return _opened(name, data_dir, True, download=False), _opened(name, data_dir, False, download=False)
    except (OSError, RuntimeError) as error:
        raise MissingData(
            f"{name} is not in {data_dir.resolve()} ({error}); 'ablate data {name} --download' gets it"
        ) from error


def _opened(name: str, data_dir: Path, train: bool, download: bool) -> Any:
    kind = name.removeprefix(PREFIX)
    form = FORMS[kind]
    root = data_dir / form.folder
    if download:
        root.mkdir(parents=True, exist_ok=True)
    options = form.train if train else form.test
    return None if options is None else getattr(datasets, kind)(root, **options, download=download)


def _check(name: str, classes: int, train: int, test: int) -> None:
    known = DATA_SETS[name].size
    if (train, test, classes) != (known.train, known.test, known.classes):
        raise DataError(
            f"{name} has {train:,} training and {test:,} test images of {classes} classes, and should have "
            f"{known.train:,} and {known.test:,} of {known.classes}; remove it and download it again"
        )


def _classes(name: str, data: Any) -> tuple[str, ...]:
    names = getattr(data, "classes", None) or range(DATA_SETS[name].size.classes)
    return tuple(one if isinstance(one, str) else str(one[0] if isinstance(one, tuple) else one) for one in names)


def _listing(data: Any) -> Listing:
    samples = data.samples if hasattr(data, "samples") else data._samples
    return tuple((str(path), int(label)) for path, label in samples)


def _labels(data: Any) -> torch.Tensor:
    return torch.as_tensor(data.labels if hasattr(data, "labels") else data.targets).long()


def _split(data: Any, image_size: int, kept: torch.Tensor | slice) -> Split:
    images = torch.as_tensor(data.data)[kept]
    if images.ndim == 3:
        images = images[:, None].expand(-1, 3, -1, -1)
    return Split(fit_square(images, image_size).contiguous(), _labels(data)[kept])

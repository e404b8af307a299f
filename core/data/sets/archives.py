"""CIFAR-10, CIFAR-100 and STL-10 from torchvision, which downloads them where they are missing."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor
from torchvision import datasets

from core.data.catalog import metric_of
from core.data.dataset import Dataset, Split
from core.data.sets.checksums import check_published
from core.data.square import fit_square
from core.errors import DataError

Choice = Callable[[Tensor], Tensor | slice]
"""Function from labels (N,) to the indices of the images that are kept."""

Archive: TypeAlias = datasets.CIFAR10 | datasets.STL10


def load(name: str, data_dir: Path, image_size: int, choice: Choice) -> Dataset:
    """Load the data set with the chosen training images. Only these are resized, since resized images may be large.

    Training on STL-10 includes its 100,000 unlabelled images. Raises ``DataError`` where a download fails, and where a
    file is not the distributor's.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    missing = not check_published(name, data_dir)
    try:
        train, test = _stl10(data_dir, missing) if name == "stl10" else _cifar(name, data_dir, missing)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{name} is not in {data_dir.resolve()} and could not be downloaded ({error})") from error
    kept = choice(_labels(train))
    return Dataset(
        name, tuple(train.classes), _split(train, image_size, kept), _split(test, image_size), metric_of(name)
    )


def _cifar(name: str, data_dir: Path, download: bool) -> tuple[datasets.CIFAR10, datasets.CIFAR10]:
    kind = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    return kind(data_dir, train=True, download=download), kind(data_dir, train=False, download=download)


def _stl10(data_dir: Path, download: bool) -> tuple[datasets.STL10, datasets.STL10]:
    return (
        datasets.STL10(data_dir, split="train+unlabeled", download=download),
        datasets.STL10(data_dir, split="test", download=download),
    )


def _split(archive: Archive, image_size: int, kept: Tensor | slice = slice(None)) -> Split:
    images = torch.from_numpy(archive.data)[kept]
    if images.shape[-1] == 3:  # CIFAR keeps its channels last
        images = images.permute(0, 3, 1, 2)
    return Split(fit_square(images, image_size).contiguous(), _labels(archive)[kept])


def _labels(archive: Archive) -> Tensor:
    return torch.as_tensor(archive.labels if isinstance(archive, datasets.STL10) else archive.targets).long()

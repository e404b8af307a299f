"""Data sets of an object store, which every machine that needs one copies once and then has as files.

They lie in ``~/.cache/simclr-ablations/data/``. A copy is used again without a look at what it was made of.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from ablations.store.folders import remove
from core.config import DataConfig
from core.data.catalog import DATA_SETS, SHAPES, SUFFIXES, DataSize
from core.data.sources.find import data_size
from core.data.sources.folders import test_count
from core.data.sources.found import TESTS, TRAIN
from core.errors import MissingData
from core.files import cache_dir
from core.remote import AnyPath, RemotePath

FOLDERS = {
    "cifar10": "cifar-10-batches-py",
    "cifar100": "cifar-100-python",
    "stl10": "stl10_binary",
    "food101": "food-101",
    "sun397": "SUN397",
    "cars": "stanford_cars",
    "aircraft": "fgvc-aircraft-2013b",
    "voc2007": "VOCdevkit",
    "pets": "oxford-iiit-pet",
    "flowers102": "flowers-102",
    "torchvision:SVHN": "SVHN",
    "torchvision:MNIST": "MNIST",
    "torchvision:FashionMNIST": "FashionMNIST",
    "torchvision:KMNIST": "KMNIST",
    "torchvision:USPS": "USPS",
    "torchvision:GTSRB": "gtsrb",
    "torchvision:Country211": "country211",
    "torchvision:Imagenette": "imagenette2",
}
"""Folders that torchvision uses for data sets, if they are not named like the set."""


def local_data(name: str, data_dir: AnyPath, tell: Callable[[str], None] = lambda text: None) -> Path:
    """A data folder of this machine that has the data set, if the given one has it: copied, whole or not at all, where
    it is remote. Raises ``OSError`` where that does not answer or the disk is full."""
    if not isinstance(data_dir, RemotePath):
        return data_dir
    copy, folder = _copies(data_dir) / _folder(name), data_dir / _folder(name)
    if name == SHAPES:  # which is drawn
        return copy.parent
    copy.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(copy.with_name(f".{copy.name}.lock")):  # the other processes of this machine want it too
        if copy.exists():
            tell(f"data: {folder} was copied to {copy}")
        elif folder.exists():
            tell(f"data: copying {folder} to {copy}")
            _copy(folder, copy)
    return copy.parent


def planned_size(config: DataConfig, data_dir: AnyPath) -> DataSize:
    """Size of a data set as ``data_size`` gives it, before the set is copied to this machine."""
    if not isinstance(data_dir, RemotePath):
        return data_size(config, data_dir)
    if config.name in DATA_SETS or (_copies(data_dir) / config.name).exists():
        return data_size(config, _copies(data_dir))
    folder = data_dir / config.name
    size = _listed(folder) if config.split is None else _listed_unsplit(folder, config.split)
    return size.reduced(config)


def _listed(folder: RemotePath) -> DataSize:
    """What is wrong with the folder in other ways is found out when it is copied."""
    found: dict[str, list[str]] = {}
    for split, *inside in _places(folder):
        if len(inside) == 2:
            found.setdefault(split, []).append(inside[0])
    train = found.get(TRAIN)
    test = next((found[name] for name in TESTS if name in found), None)
    if not train or not test:
        raise MissingData(f"no images in {folder}/train/<class>/ and {folder}/test/<class>/ (or val); put them there")
    return DataSize(len(train), len(test), len(set(train)))


def _listed_unsplit(folder: RemotePath, share: float) -> DataSize:
    """As ``_listed``, of a folder without a split."""
    counts = Counter(place[0] for place in _places(folder) if len(place) == 2)
    if not counts:
        raise MissingData(f"no images in {folder}/<class>/; put them there")
    test = sum(test_count(count, share) for count in counts.values())
    return DataSize(counts.total() - test, test, len(counts))


def _places(folder: RemotePath) -> Iterator[tuple[str, ...]]:
    """Names of the folders of each image inside of ``folder``, and of the image; hidden ones count as little as on this
    machine."""
    for image in folder.files():
        inside = image.key.relative_to(folder.key).parts
        if image.suffix.lower() in SUFFIXES and not any(name.startswith(".") for name in inside):
            yield inside


def _copy(folder: RemotePath, copy: Path) -> None:
    for left in copy.parent.glob(f".{copy.name}.copy-*"):  # by a process that was killed
        remove(left)
    unfinished = copy.with_name(f".{copy.name}.copy-{secrets.token_hex(8)}")
    folder.download_all(unfinished)
    unfinished.rename(copy)


def _copies(data_dir: RemotePath) -> Path:
    return cache_dir() / "data" / quote(str(data_dir), safe="")


def _folder(name: str) -> str:
    return FOLDERS.get(name, name)

"""Copies of the data sets in an object store, one on each machine that needs it, in ``~/.cache/simclr-ablations/data``.

A copy is used again without a request to the object store, unless a fresh one is asked for. A run asks for it before it
plans, and a worker if the images of its copy are not those of its trial.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from ablations.store.folders import remove
from core.config import DataConfig
from core.data.catalog import DATA_SETS, DRAWN, SUFFIXES, DataSize
from core.data.sources.find import data_size
from core.data.sources.folders import test_count
from core.data.sources.found import TESTS, TRAIN
from core.data.sources.hugging_face import MARKS as HUGGING_FACE
from core.data.sources.manifest import NAMES as MANIFESTS
from core.data.sources.manifest import SUFFIXES as SUFFIXES_OF_FILES
from core.data.sources.shards import SUFFIXES as SHARDS
from core.errors import MissingData
from core.files import cache_dir, write_text
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
    "torchvision:EuroSAT": "eurosat",
}
"""Folders that torchvision uses for data sets, if they are not named like the set."""
MUST_BE_READ = (*MANIFESTS, *HUGGING_FACE, "x_train.npy", "train_images.npy", "x.npy", "images.npy")
"""Files of a folder that is no folder of classes."""


def local_data(
    name: str, data_dir: AnyPath, tell: Callable[[str], None] = lambda text: None, fresh: bool = False
) -> Path:
    """A data folder of this machine with the data set: ``data_dir`` itself, or the folder of copies if that is remote.

    A remote data set is copied whole or not at all; if ``fresh``, again in case it has changed since.
    Raises ``OSError`` if the object store does not answer, or the disk is full.
    """
    if not isinstance(data_dir, RemotePath):
        return data_dir
    copy, folder = copies_of(data_dir) / _folder(name), data_dir / _folder(name)
    if name in DRAWN:
        return copy.parent
    copy.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(copy.with_name(f".{copy.name}.lock")):  # the other processes of this machine want it too
        if fresh and copy.exists() and folder.exists() and _copied_state(name, data_dir) != _state(folder):
            tell(f"data: {folder} is not what was copied to {copy}; copying it again")
            _copy(folder, copy)
        elif copy.exists():
            tell(f"data: {folder} was copied to {copy}")
        elif folder.exists():
            tell(f"data: copying {folder} to {copy}")
            _copy(folder, copy)
    return copy.parent


def local_images(
    config: DataConfig, data_dir: AnyPath, tell: Callable[[str], None] = lambda text: None, fresh: bool = False
) -> Path:
    """The ``local_data`` of a configuration: of its data set, and of images without labels that lie beside it."""
    local = local_data(config.name, data_dir, tell, fresh)
    if isinstance(data_dir, RemotePath) and config.unlabelled is not None:
        is_known = (local / config.name / config.unlabelled).is_dir() or (local / config.unlabelled).exists()
        for name in _folders_of(config, data_dir)[1:] if fresh or not is_known else ():
            local_data(name, data_dir, tell, fresh)
    return local


def _folders_of(config: DataConfig, data_dir: RemotePath) -> list[str]:
    """The data sets in an object store that a configuration's images are in: the second is of images without labels."""
    other = config.unlabelled
    if other is None or (data_dir / config.name / other).exists() or not (data_dir / other).exists():
        return [config.name]  # there are none, or they are in the first
    return [config.name, other]


def remote_state(config: DataConfig, data_dir: RemotePath) -> str:
    """16 hex digits for each data set that a configuration's images are in. They change with any of its objects.

    Nothing is copied.
    """
    return " ".join(_state(data_dir / _folder(name)) for name in _folders_of(config, data_dir))


def copied_state(config: DataConfig, data_dir: RemotePath) -> str:
    """The ``remote_state`` of the images when they were copied to this machine; another text if that is not known."""
    return " ".join(_copied_state(name, data_dir) for name in _folders_of(config, data_dir))


def _state(folder: RemotePath) -> str:
    lines = (f"{key.removeprefix(str(folder.key))} {version}" for key, version in sorted(folder.versions().items()))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _copied_state(name: str, data_dir: RemotePath) -> str:
    path = _state_path(copies_of(data_dir) / _folder(name))
    return path.read_text(encoding="utf-8") if path.exists() else ""


def planned_size(config: DataConfig, data_dir: AnyPath) -> DataSize:
    """The size of a data set, as ``data_size`` gives it.

    A remote folder of classes is counted by its listing, before it is copied. A manifest, and all else that must be
    read to be counted, is copied to this machine first. Raises ``DataError`` if there is no such data set.
    """
    if not isinstance(data_dir, RemotePath):
        return data_size(config, data_dir)
    is_copied = (copies_of(data_dir) / config.name).exists() and config.unlabelled is None
    if config.name in DATA_SETS or is_copied:
        return data_size(config, copies_of(data_dir))
    folder = data_dir / config.name
    if folder.suffix in (*SUFFIXES_OF_FILES, *SHARDS, ".npz"):
        raise MissingData(f"{folder}: only folders are copied from an object store; put it into one, as manifest.csv")
    if config.unlabelled or config.unreadable == "skip" or any((folder / name).exists() for name in MUST_BE_READ):
        return data_size(config, local_images(config, data_dir))
    objects = folder.files()
    if any(one.suffix in SHARDS for one in objects) and not any(_places(folder, objects)):
        return data_size(config, local_images(config, data_dir))
    size = _listed(folder, objects) if config.split is None else _listed_unsplit(folder, objects, config.split)
    return size.reduced(config)


def _listed(folder: RemotePath, objects: Sequence[RemotePath]) -> DataSize:
    """The size of a folder with train and test splits, by its listing alone."""
    found: dict[str, list[str]] = {}
    for split, *inside in _places(folder, objects):
        if len(inside) == 2:
            found.setdefault(split, []).append(inside[0])
    train = found.get(TRAIN)
    test = next((found[name] for name in TESTS if name in found), None)
    if not train or not test:
        raise MissingData(f"no images in {folder}/train/<class>/ and {folder}/test/<class>/ (or val); put them there")
    return DataSize(len(train), len(test), len(set(train)))


def _listed_unsplit(folder: RemotePath, objects: Sequence[RemotePath], share: float) -> DataSize:
    """The size of a folder without a split, by its listing alone."""
    counts = Counter(place[0] for place in _places(folder, objects) if len(place) == 2)
    if not counts:
        raise MissingData(f"no images in {folder}/<class>/; put them there")
    test = sum(test_count(count, share) for count in counts.values())
    return DataSize(counts.total() - test, test, len(counts))


def _places(folder: RemotePath, objects: Sequence[RemotePath]) -> Iterator[tuple[str, ...]]:
    """The path of each image from ``folder`` on, as names; hidden files and folders are left out, as on a disk."""
    for image in objects:
        inside = image.key.relative_to(folder.key).parts
        if image.suffix.lower() in SUFFIXES and not any(name.startswith(".") for name in inside):
            yield inside


def _copy(folder: RemotePath, copy: Path) -> None:
    for left in copy.parent.glob(f".{copy.name}.copy-*"):  # by a process that was killed
        remove(left)
    unfinished, state = copy.with_name(f".{copy.name}.copy-{secrets.token_hex(8)}"), _state(folder)
    folder.download_all(unfinished)
    _state_path(copy).unlink(missing_ok=True)
    if copy.exists():
        remove(copy)
    unfinished.rename(copy)
    if _state(folder) == state:  # else it changed during the copy; a fresh one is made when asked for
        write_text(_state_path(copy), state)


def _state_path(copy: Path) -> Path:
    return copy.with_name(f".{copy.name}.state")


def copies_of(data_dir: RemotePath) -> Path:
    """The data folder of this machine that has the copies."""
    return cache_dir() / "data" / quote(str(data_dir), safe="")


def _folder(name: str) -> str:
    return FOLDERS.get(name, name)

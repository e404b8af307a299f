"""Data sets that a user's own function loads: what it returns, and the fingerprint of that.

Nobody but the function knows which files it reads. So it is called once for each plan, at a small size, and what it
returns is hashed: its classes, its labels and its pixels.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.config.data import DataConfig
from core.config.registry import imported
from core.data.catalog import DATA_SETS, DataSize, check_own_size
from core.data.dataset import Dataset, Split
from core.data.fingerprint import SAMPLE, WHOLE, Fingerprint, refuse_others
from core.errors import DataError, MissingData
from core.randomness import generator

SIDE = 32
"""Side in pixels of the images that are hashed, whatever size a training takes."""
IMAGE_BYTES = 3 * SIDE**2
AT_ONCE = 1000
"""Images that are hashed in one go."""


@dataclass(frozen=True)
class Contents:
    """The data set that a function has returned."""

    fingerprint: Fingerprint
    size: DataSize
    """Numbers of images and classes, and of images of each class."""


def contents_of(config: DataConfig, data_dir: Path) -> Contents:
    """Load a data set of the user's own code and return what it has.

    Above ``WHOLE`` bytes the pixels of a sample of ``SAMPLE`` bytes of the training images are hashed. Raises
    ``MissingData`` where a file is not there, ``DataError`` where the function fails or returns something else.
    """
    labels: list[Tensor] = []

    def choose(known: Tensor) -> Tensor | slice:
        labels.append(known)
        if len(known) * IMAGE_BYTES <= WHOLE:
            return slice(None)
        return torch.randperm(len(known), generator=generator(0, "fingerprint"))[: SAMPLE // IMAGE_BYTES].sort().values

    data = _loaded(config.name, data_dir, choose)
    every = labels[-1] if labels else data.train.labels
    size = DataSize(len(every), len(data.test), len(data.classes), _counts(data, every))
    check_own_size(config.name, size)
    digest = hashlib.sha256(json.dumps([data.classes, every.tolist(), data.test.labels.tolist()]).encode())
    read = sum(_hash_pixels(split, digest.update) for split in (data.train, data.test))
    images = size.train + size.test
    return Contents(Fingerprint(digest.hexdigest()[:16], images, read * images // max(1, _hashed(data)), read), size)


def check_contents(config: DataConfig, data_dir: Path) -> None:
    """Raise ``OtherData`` where the function returns other images than those of ``config.fingerprint``, if it has
    one."""
    if config.fingerprint is not None:
        found = contents_of(config, data_dir).fingerprint.value
        refuse_others(config, found, f"{config.name} (a function that draws at random needs a fixed seed)")


def _loaded(name: str, data_dir: Path, choice: Callable[[Tensor], Tensor | slice]) -> Dataset:
    code = DATA_SETS[name].load
    assert code is not None
    try:
        data = imported(code)(name, data_dir, SIDE, choice)
    except DataError:
        raise
    except FileNotFoundError as error:
        raise MissingData(f"{name} cannot be loaded ({error}); put its files there, or mend its function") from error
    except Exception as error:
        raise DataError(f"{name} cannot be loaded ({type(error).__name__}: {error}); mend its function") from error
    if not isinstance(data, Dataset):
        raise DataError(f"{name}: its function returned a {type(data).__name__}; return core.data.dataset.Dataset")
    return data


def _counts(data: Dataset, train: Tensor) -> dict[str, dict[str, int]]:
    """Numbers of images of each class by split; none where an image has several labels."""
    if train.ndim == 2:
        return {}
    named = {"train": train, "test": data.test.labels}
    return {split: _by_class(labels, data.classes) for split, labels in named.items()}


def _by_class(labels: Tensor, classes: tuple[str, ...]) -> dict[str, int]:
    counts = labels[labels >= 0].bincount(minlength=len(classes)).tolist()
    without = int((labels < 0).sum())
    return dict(zip(classes, counts, strict=True)) | ({"": without} if without else {})


def _hashed(data: Dataset) -> int:
    return len(data.train) + len(data.test)


def _hash_pixels(split: Split, update: Callable[[bytes], None]) -> int:
    """Hash the images of a split, and return their size in bytes."""
    total = 0
    for start in range(0, len(split), AT_ONCE):
        images = split.images[start : start + AT_ONCE].contiguous()
        update(f"{tuple(images.shape)} {images.dtype}".encode())
        update(images.numpy().tobytes())
        total += images.nbytes
    return total

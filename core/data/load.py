"""From a configuration to images, in memory or decoded while they are used."""

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.config.data import DataConfig
from core.data.archives import load_archive
from core.data.catalog import KNOWN_SIZES, SHAPES, DataSize, ImageFolder, list_folder
from core.data.dataset import Dataset
from core.data.folder import Progress, load_folder, stream_folder
from core.data.shapes import load_shapes
from core.data.subset import balanced_subset
from core.errors import DataError
from core.randomness import generator

DEFAULT_DATA_DIR = Path("data")
MEMORY_SHARE = 0.7


def load_data(
    config: DataConfig,
    data_dir: Path = DEFAULT_DATA_DIR,
    progress: Progress = lambda task, done, total: None,
    *,
    stream: bool | None = None,
) -> Dataset:
    """The data set, its training images reduced to ``config.subset``. Raises ``DataError``.

    ``stream`` is for image folders: to decode images while they are used rather than all of them before. None: where
    subset and test images take more than 70 % of the memory. It changes no pixel and no order, only the time that
    things take.
    """
    if config.name in KNOWN_SIZES:
        data = _load_known(config, data_dir, KNOWN_SIZES[config.name].reduced(config))
    else:
        data = _load_folder(config, list_folder(data_dir / config.name), progress, stream)
    if config.stored_size is None:
        return data
    train, test = (replace(split, view_size=config.image_size) for split in (data.train, data.test))
    return replace(data, train=train, test=test)


def _load_known(config: DataConfig, data_dir: Path, size: DataSize) -> Dataset:
    """An archive's or the embedded one. ``shapes`` is drawn whole whatever the subset, into a file that is mapped, so
    that only the subset takes memory."""
    if not _fits(config, size):
        raise DataError(
            f"{config.name} at {config.stored_side} pixels takes {_bytes(config, size) / 2**30:.0f} GiB, and this "
            f"machine has {_memory() / 2**30:.0f} GiB; lower data.subset or data.image_size"
        )
    if config.name != SHAPES:
        return load_archive(config.name, data_dir, config.stored_side, lambda labels: _subset(labels, config))
    data = load_shapes(config.stored_side)
    return replace(data, train=data.train[_subset(data.train.labels, config)])


def _load_folder(config: DataConfig, folder: ImageFolder, progress: Progress, stream: bool | None) -> Dataset:
    """A folder that would fit is decoded whole: into a file that is mapped, and that serves every subset."""
    size = folder.size.reduced(config)
    kept = _subset(torch.tensor([label for _, label in folder.train]), config)
    if not stream and _fits(config, folder.size):
        data = load_folder(folder, config.stored_side, progress)
        return replace(data, train=data.train[kept])
    part = _part(folder, kept)
    if stream or (stream is None and not _fits(config, size)):
        return stream_folder(part, config.stored_side)
    return load_folder(part, config.stored_side, progress)


def _part(folder: ImageFolder, kept: Tensor | slice) -> ImageFolder:
    numbers = torch.arange(len(folder.train))[kept].tolist()
    return replace(folder, train=tuple(folder.train[number] for number in numbers))


def _subset(labels: Tensor, config: DataConfig) -> Tensor | slice:
    """Ascending indices of the training images to keep."""
    if config.subset == 1.0 and isinstance(config.subset, float):
        return slice(None)  # copies nothing
    return balanced_subset(labels, config.subset, generator(config.subset_seed, "subset"))


def _fits(config: DataConfig, size: DataSize) -> bool:
    return _bytes(config, size) <= MEMORY_SHARE * _memory()


def _bytes(config: DataConfig, size: DataSize) -> int:
    """Of so many images in memory."""
    return (size.train + size.test) * 3 * config.stored_side**2


def _memory() -> int:
    """Of this machine, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

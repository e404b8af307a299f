"""From a configuration to images, in memory or decoded while they are used."""

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.config.data import DataConfig
from core.data.catalog import ARCHIVES, KNOWN_SIZES, SHAPES, DataSize, ImageFiles, list_folder
from core.data.dataset import Dataset
from core.data.folder import Progress, load_files, stream_files
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

    ``stream`` is for image files: to decode images while they are used rather than all of them before. None: where
    subset and test images take more than 70 % of the memory. It changes no pixel and no order, only the time that
    things take.
    """
    if config.name in (SHAPES, *ARCHIVES):
        data = _load_known(config, data_dir, KNOWN_SIZES[config.name].reduced(config))
    else:
        data = _load_files(config, _listed(config.name, data_dir), progress, stream)
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
        from core.data.archives import load_archive  # here, since torchvision takes seconds to import

        return load_archive(config.name, data_dir, config.stored_side, lambda labels: _subset(labels, config))
    data = load_shapes(config.stored_side)
    return replace(data, train=data.train[_subset(data.train.labels, config)])


def _listed(name: str, data_dir: Path) -> ImageFiles:
    if name not in KNOWN_SIZES:
        return list_folder(data_dir / name)
    from core.data.known_files import list_known  # here, since torchvision takes seconds to import

    return list_known(name, data_dir)


def _load_files(config: DataConfig, files: ImageFiles, progress: Progress, stream: bool | None) -> Dataset:
    """What would fit is decoded whole: into a file that is mapped, and that serves every subset."""
    size = files.size.reduced(config)
    kept = _subset(torch.tensor([label for _, label in files.train]), config)
    if not stream and _fits(config, files.size):
        data = load_files(files, config.stored_side, progress)
        return replace(data, train=data.train[kept])
    part = _part(files, kept)
    if stream or (stream is None and not _fits(config, size)):
        return stream_files(part, config.stored_side)
    return load_files(part, config.stored_side, progress)


def _part(files: ImageFiles, kept: Tensor | slice) -> ImageFiles:
    numbers = torch.arange(len(files.train))[kept].tolist()
    return replace(files, train=tuple(files.train[number] for number in numbers))


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

"""From a configuration to images in memory."""

import os
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from core.config.data import DataConfig
from core.data.archives import ARCHIVES, load_archive
from core.data.catalog import SHAPES, data_size, list_folder
from core.data.dataset import Dataset
from core.data.folder import Progress, load_files
from core.data.known_files import KNOWN_FILES, list_known
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
) -> Dataset:
    """The data set, its training images reduced to ``config.subset``. Raises ``DataError``.

    A data set of files, like ``shapes``, is decoded whole whatever the subset: into a file that is mapped, so that
    only the subset takes memory, and that serves every subset.
    """
    _check_memory(config, data_dir)
    if config.name in ARCHIVES:
        return load_archive(config.name, data_dir, config.image_size, lambda labels: _subset(labels, config))
    data = _load_mapped(config, data_dir, progress)
    return replace(data, train=data.train[_subset(data.train.labels, config)])


def _load_mapped(config: DataConfig, data_dir: Path, progress: Progress) -> Dataset:
    if config.name == SHAPES:
        return load_shapes(config.image_size)
    known = config.name in KNOWN_FILES
    files = list_known(config.name, data_dir) if known else list_folder(data_dir / config.name)
    return load_files(files, config.image_size, progress)


def _subset(labels: Tensor, config: DataConfig) -> Tensor | slice:
    """Ascending indices of the training images to keep."""
    if config.subset == 1.0 and isinstance(config.subset, float):
        return slice(None)  # copies nothing
    return balanced_subset(labels, config.subset, generator(config.subset_seed, "subset"))


def _check_memory(config: DataConfig, data_dir: Path) -> None:
    """Of what is kept in memory: the subset and the test images."""
    size = data_size(config, data_dir)
    needed = (size.train + size.test) * 3 * config.image_size**2
    memory = _memory()
    if needed > MEMORY_SHARE * memory:
        raise DataError(
            f"{config.name} at {config.image_size} pixels takes {needed / 2**30:.0f} GiB, and this machine has "
            f"{memory / 2**30:.0f} GiB; lower data.subset or data.image_size"
        )


def _memory() -> int:
    """Of this machine, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

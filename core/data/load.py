"""The images of a configuration, in memory or decoded while they are used."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.config.data import DataConfig, is_all
from core.config.registry import imported
from core.data.catalog import DATA_SETS, DataSet, DataSize, ImageFiles
from core.data.dataset import Dataset
from core.data.fingerprint import check_fingerprint
from core.data.folder import Progress, load_files, stream_files
from core.data.sets.channels import with_channels
from core.data.sets.registered import check_contents
from core.data.sources.find import check_known, list_images
from core.data.sources.kept import kept_counts
from core.data.streamed import StreamedImages
from core.data.subset import balanced_subset, counted_subset
from core.errors import DataError, check_type
from core.randomness import generator

DEFAULT_DATA_DIR = Path("data")
MEMORY_SHARE = 0.7


def load_data(
    config: DataConfig,
    data_dir: str | Path = DEFAULT_DATA_DIR,
    progress: Progress = lambda task, done, total: None,
    *,
    stream: bool | None = None,
) -> Dataset:
    """Load a data set, its training images reduced to ``config.subset``.

    ``stream`` is for image files: whether they are decoded while they are used, instead of all before. None: where
    subset and test images take more than 70 % of the memory. It changes neither pixels nor order, only how long things
    take. Images that keep their shape are always streamed.

    Raises ``DataError`` where data is missing, unreadable or unfit, and ``OtherData`` where images of one's own do not
    have ``config.fingerprint``.
    """
    check_type(config, DataConfig, "config")
    check_known(config)
    data_dir = Path(data_dir)
    known = DATA_SETS.get(config.name)
    if known and known.load:
        check_contents(config, data_dir)
        data = with_channels(_load_known(config, data_dir, known), config.channels)
    else:
        files = list_images(config, data_dir, progress)
        check_fingerprint(config, files, data_dir)
        data = _load_files(config, files, progress, stream)
    if config.stored_size is None and config.shape == "square":
        return data
    train, test = (replace(split, view_size=config.image_size) for split in (data.train, data.test))
    return replace(data, train=train, test=test)


def check_unchanged(config: DataConfig, data: Dataset, data_dir: str | Path) -> None:
    """Raise ``OtherData`` where images that are decoded while they are used have changed since they were loaded: some
    may have been seen before and some after. Others are in memory as they were."""
    if config.fingerprint and any(isinstance(split.images, StreamedImages) for split in (data.train, data.test)):
        check_fingerprint(config, list_images(config, Path(data_dir)), Path(data_dir))


def _load_known(config: DataConfig, data_dir: Path, known: DataSet) -> Dataset:
    """Load a data set that is held in memory as a whole."""
    size = known.size.reduced(config)
    if not _fits(config, size):
        raise DataError(
            f"{config.name} at {config.stored_side} pixels takes {_bytes(config, size) / 2**30:.0f} GiB, and this "
            f"machine has {_memory() / 2**30:.0f} GiB; lower data.subset or data.image_size"
        )
    assert known.load is not None
    load: Callable[..., Dataset] = imported(known.load)
    names = tuple(known.size.counts.get("train", ()))
    return load(config.name, data_dir, config.stored_side, lambda labels: _subset(labels, config, names))


def _load_files(config: DataConfig, files: ImageFiles, progress: Progress, stream: bool | None) -> Dataset:
    """Load image files. Those that fit into memory are decoded as a whole, into a file that is mapped and serves every
    subset."""
    size = files.size.reduced(config)
    kept = _subset(torch.tensor([label for _, label in files.train]), config, files.classes)
    if config.shape == "square" and not stream and _fits(config, files.size):
        data = load_files(files, config.stored_side, progress, config.channels)
        return replace(data, train=data.train[kept])
    part = _part(files, kept)
    if config.shape == "own":
        return stream_files(part, config.image_size, config.longest_side, config.channels)
    if stream or (stream is None and not _fits(config, size)):
        return stream_files(part, config.stored_side, channels=config.channels)
    return load_files(part, config.stored_side, progress, config.channels)


def _part(files: ImageFiles, kept: Tensor | slice) -> ImageFiles:
    numbers = torch.arange(len(files.train))[kept].tolist()
    return replace(files, train=tuple(files.train[number] for number in numbers))


def _subset(labels: Tensor, config: DataConfig, classes: Sequence[str]) -> Tensor | slice:
    """Return the ascending indices of the training images that are kept."""
    if config.is_curated:
        counts = labels.bincount(minlength=len(classes)).tolist()
        wanted = torch.tensor(kept_counts(counts, classes, config))
        return counted_subset(labels, wanted, generator(config.subset_seed, "subset"))
    if is_all(config.subset):
        return slice(None)  # copies nothing
    return balanced_subset(labels, config.subset, generator(config.subset_seed, "subset"))


def _fits(config: DataConfig, size: DataSize) -> bool:
    return _bytes(config, size) <= MEMORY_SHARE * _memory()


def _bytes(config: DataConfig, size: DataSize) -> int:
    """Memory of these images in bytes."""
    return (size.train + size.test) * config.channels * config.stored_side**2


def _memory() -> int:
    """Memory of this machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

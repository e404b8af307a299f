"""Images that are costly to make, kept on disk and mapped into memory."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.config.data import COLORS
from core.files import cache_dir, is_there, one_at_a_time, unfinished

Fill = Callable[[Tensor], None]


def cached_images(key: str, count: int, size: int, fill: Fill, channels: int = COLORS) -> Tensor:
    """Return uint8 (count, channels, size, size) from the file of this key, which ``fill`` makes first if there is
    none.

    The file appears whole or not at all. One process makes it while others wait; where locking is not supported, all
    make the same file.
    """
    path = cache_dir() / "images" / f"{key}.npy"
    if not path.exists():
        with one_at_a_time(path.with_suffix(".lock")):
            if not is_there(path):
                _make(path, (count, channels, size, size), fill)
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def _take_space(path: Path) -> None:
    """Reserve the space of a file that will be mapped: on a full disk, writing to a mapped file would kill the
    process."""
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _make(path: Path, shape: tuple[int, ...], fill: Fill) -> None:
    with unfinished(path) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
        _take_space(temporary)
        fill(torch.from_numpy(array))
        array.flush()
        temporary.replace(path)

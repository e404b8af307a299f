"""Image files, decoded once into a file, or decoded while they are used."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from core.config.data import COLORS
from core.data.cache import cached_images
from core.data.catalog import ImageFiles, Listing, metric_of
from core.data.dataset import Dataset, Split
from core.data.decode import decode
from core.data.fingerprint import DECODING, stat_digest
from core.data.streamed import StreamedImages

Progress = Callable[[str, int, int], None]
"""Called with the task, the number of images that are done, and the number of all images."""

LOOKED_AT = 10
"""Number of images of a streamed split that are decoded at once, so that unfit data is found before a training."""


def load_files(files: ImageFiles, size: int, progress: Progress, channels: int = COLORS) -> Dataset:
    """Load both splits as squares of ``size`` pixels with ``channels`` channels.

    The first call decodes on all cores into the user's cache folder; later calls map that file into memory. Raises
    ``DataError`` with the path of a file that is not there or does not decode.
    """
    train = _load(f"{files.name}-train", files.train, size, progress, channels)
    test = _load(f"{files.name}-test", files.test, size, progress, channels)
    return Dataset(files.name, files.classes, train, test, metric_of(files.name))


def stream_files(files: ImageFiles, size: int, longest: int | None = None, channels: int = COLORS) -> Dataset:
    """Return the same images, each decoded when it is used; in its own shape, with its longer side at most ``longest``,
    where that is given. Raises ``DataError`` as ``load_files`` does, for most files only when they are used."""
    train, test = (_stream(listing, size, longest, channels) for listing in (files.train, files.test))
    return Dataset(files.name, files.classes, train, test, metric_of(files.name))


def _load(name: str, listing: Listing, size: int, progress: Progress, channels: int) -> Split:
    if not listing:
        return Split(torch.empty(0, channels, size, size, dtype=torch.uint8), _labels(listing))
    kind = "" if channels == COLORS else f"-{channels}ch"
    key = f"{name}-{size}px{kind}-v{DECODING}-{stat_digest(listing)}"

    def fill(out: Tensor) -> None:
        _decode_into(out, name, listing, size, progress)

    images = cached_images(key, len(listing), size, fill, channels)
    return Split(images, _labels(listing))


def _stream(listing: Listing, size: int, longest: int | None, channels: int) -> Split:
    images = StreamedImages(tuple(path for path, _ in listing), size, longest, channels)
    if listing:
        images[torch.linspace(0, len(images) - 1, LOOKED_AT).long().unique()]
    return Split(images, _labels(listing))


def _labels(listing: Listing) -> Tensor:
    return torch.tensor([label for _, label in listing], dtype=torch.int64)


def _decode_into(out: Tensor, name: str, listing: Listing, size: int, progress: Progress) -> None:
    def decode_one(number: int) -> None:
        out[number] = decode(listing[number][0], size, out.shape[1])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(decode_one, range(len(listing))), start=1):
            progress(f"decoding {name}", done, len(listing))

"""Image files, decoded once."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from core.data.cache import cached_images
from core.data.catalog import ImageFiles, Listing
from core.data.dataset import Dataset, Split
from core.data.square import fit_square
from core.data.transfer import metric_of
from core.errors import DataError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many images are done, and how many there are."""


def load_files(files: ImageFiles, image_size: int, progress: Progress) -> Dataset:
    """Both splits as squares of ``image_size`` pixels.

    The first call decodes on all cores into the user's cache folder; later ones map that file into memory.
    Raises ``DataError`` with the path of a file that is not there or does not decode.
    """
    train = _load(f"{files.name}-train", files.train, image_size, progress)
    test = _load(f"{files.name}-test", files.test, image_size, progress)
    return Dataset(files.name, files.classes, train, test, metric_of(files.name))


def _load(name: str, listing: Listing, image_size: int, progress: Progress) -> Split:
    key = f"{name}-{image_size}px-{_fingerprint(listing)}"
    images = cached_images(
        key, len(listing), image_size, lambda out: _decode_all(name, listing, image_size, out, progress)
    )
    return Split(images, torch.tensor([label for _, label in listing]))


def _decode_all(name: str, listing: Listing, image_size: int, out: Tensor, progress: Progress) -> None:
    def decode(number: int) -> None:
        out[number] = _decode(listing[number][0], image_size)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(decode, range(len(listing))), start=1):
            progress(f"decoding {name}", done, len(listing))


def _decode(path: Path, image_size: int) -> Tensor:
    try:
        with Image.open(path) as image:
            pixels: Tensor = pil_to_tensor(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: does not decode as an image ({error}); replace or remove the file") from error
    return fit_square(pixels, image_size)


def _fingerprint(listing: Listing) -> str:
    """Changes when a file is added, removed, renamed, resized or touched."""
    digest = hashlib.sha256()
    for path, label in listing:
        try:
            stat = path.stat()
        except FileNotFoundError as error:
            raise DataError(f"{path}: is not there, though it is listed; unpack the data set anew") from error
        digest.update(f"{label}/{path.name}/{stat.st_size}/{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]

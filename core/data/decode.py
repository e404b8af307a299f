"""From a file to an image's pixels."""

import warnings
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from core.data.square import fit_square
from core.errors import DataError, MissingData

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# A photograph of 95 million pixels is no attack; twice as many are an error, which is told with the file's name.

VERSION = 2
"""Raised when the pixels that a file gives change: files of decoded images have it in their name."""

MARGIN = 2
"""A JPEG is decoded at no less than so many times the wanted side: as ``Image.thumbnail`` does, for the same reason."""


def decode(path: str, size: int) -> Tensor:
    """uint8 (3, size, size): the shorter side resized, the longer one cropped to its centre.

    A JPEG much larger than that is decoded at 1/2, 1/4 or 1/8 of its size, by fewer coefficients of its blocks:
    12 million pixels cost a fifth, and values move by about 1 of 255. Raises ``DataError`` with the path of a file that
    does not decode, ``MissingData`` of one that is not there.
    """
    from torchvision.transforms.v2.functional import pil_to_tensor  # here, since torchvision takes seconds to import

    try:
        with Image.open(path) as image:
            image.draft(None, (MARGIN * size, MARGIN * size))  # does nothing to what is no JPEG, or small
            pixels: Tensor = pil_to_tensor(image.convert("RGB"))
    except FileNotFoundError as error:
        raise MissingData(f"{path}: is no longer there; put it back") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: does not decode as an image ({error}); replace or remove the file") from error
    return fit_square(pixels, size)


def decode_all(paths: Sequence[str], size: int) -> Tensor:
    """uint8 (N, 3, size, size), one after the other."""
    images = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)
    for image, path in zip(images, paths, strict=True):
        image.copy_(decode(path, size))
    return images

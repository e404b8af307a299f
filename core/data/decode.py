"""Pixels of an image file."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.canvas import Canvas, on_canvas
from core.config.data import COLORS, PICTURES
from core.data.jpeg import ordinary_jpeg
from core.data.pixels import GRAY, opened, read_channels, scaled_rgb
from core.data.square import fit_square, resized

MARGIN = 2
"""Least size at which a JPEG is decoded, as a multiple of the wanted side; ``Image.thumbnail`` has the same."""


def decode(path: str, size: int, channels: int = COLORS) -> Tensor:
    """Decode a file to uint8 (channels, size, size): the shorter side resized, the longer one cropped to its centre.

    A JPEG that is much larger is decoded at 1/2, 1/4 or 1/8 of its size, from fewer coefficients of its blocks: 12
    million pixels take a fifth of the time, and values change by about 1 of 255. Raises ``DataError`` with the path of
    a file that does not decode, ``MissingData`` with the path of a file that is not there.
    """
    return fit_square(_pixels(path, size, channels), size)


def _pixels(path: str, size: int, channels: int) -> Tensor:
    """Decode a file to uint8 (channels, H, W), as ``read_rgb`` and ``read_channels`` describe; one channel is the
    luminance. A larger JPEG is decoded at ``MARGIN * size`` or more."""
    from torchvision.transforms.v2.functional import pil_to_tensor  # here, since torchvision takes seconds to import

    if channels not in PICTURES:
        return torch.from_numpy(read_channels(path, channels))
    with opened(path) as image:
        if channels == COLORS and (pixels := ordinary_jpeg(image, MARGIN * size)) is not None:
            return pixels
        colors = scaled_rgb(image, MARGIN * size)
        found: Tensor = pil_to_tensor(colors if channels == COLORS else colors.convert(GRAY))
    return found


def decode_whole(path: str, longest: int, channels: int = COLORS) -> Tensor:
    """Decode a file to uint8 (channels, H, W) in its own shape, its longer side at most ``longest``.

    Larger images are scaled down (bicubic, antialiased), a JPEG in part while it is decoded. Raises as ``decode`` does.
    """
    pixels = _pixels(path, longest, channels)
    height, width = pixels.shape[1:]
    if max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    return resized(pixels, max(1, round(scale * height)), max(1, round(scale * width)))


def decode_canvas(paths: Sequence[str], longest: int, channels: int = COLORS) -> Canvas:
    """Decode files one after the other, each in its own shape."""
    return on_canvas([decode_whole(path, longest, channels) for path in paths], longest, channels)


def decode_all(paths: Sequence[str], size: int, channels: int = COLORS) -> Tensor:
    """Decode files one after the other to uint8 (N, channels, size, size)."""
    images = torch.empty(len(paths), channels, size, size, dtype=torch.uint8)
    for image, path in zip(images, paths, strict=True):
        image.copy_(decode(path, size, channels))
    return images

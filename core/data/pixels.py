"""Any image file as RGB with 8 bits, as an image viewer shows it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image

from core.data.sources.inside import container_of, image_at
from core.errors import DataError, MissingData

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# A photograph of 95 million pixels is no attack; twice as many are an error, which is told with the file's name.
warnings.filterwarnings("ignore", "Corrupt EXIF data|Truncated File Read", UserWarning)
# Such a file has no orientation that can be read; its pixels are whole.

BACKGROUND = (255, 255, 255)
"""Colour behind pixels that are transparent: white."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transformation that turns an image upright, by its EXIF orientation. 1, and every other value, is upright
already."""

ORIENTATION = 274
BITS, PHOTOMETRIC, SAMPLE_FORMAT, LOWEST, HIGHEST = 258, 262, 339, 340, 341
"""Numbers of tags in EXIF and TIFF: ``BitsPerSample``, ``PhotometricInterpretation``, ``SampleFormat``,
``SMinSampleValue``, ``SMaxSampleValue``. TIFF 6.0, sections 8 and 19."""
SIGNED, WHITE_IS_ZERO = 2, 0
GRAY = "L"
"""Pillow's mode of one channel with 8 bits. Colours are converted to their luminance, ITU-R 601-2."""
ARRAYS = (".npz", ".npy")


def read_rgb(path: str, side: int) -> Image.Image:
    """Read a file, or a place inside one, as ``as_rgb`` does.

    A JPEG whose sides are larger than ``side`` may be read at 1/2, 1/4 or 1/8. Raises as ``opened`` does.
    """
    with opened(path) as image:
        return scaled_rgb(image, side)


def scaled_rgb(image: Image.Image, side: int) -> Image.Image:
    """Return an opened file as ``as_rgb`` does; a JPEG whose sides are larger than ``side`` at 1/2, 1/4 or 1/8."""
    image.draft(None, (side, side))  # does nothing to small images and other formats
    return as_rgb(image)


@contextmanager
def opened(path: str) -> Iterator[Image.Image]:
    """Open a file, or a place inside one, of which only the header is read.

    Raises ``DataError`` with the path of a file that does not decode, here or inside, and ``MissingData`` with the path
    of a file that is not there.
    """
    with _told(path), image_at(path) as image:
        yield image


def read_channels(path: str, channels: int) -> np.ndarray:
    """Return an image of an array as uint8 (channels, H, W), no channel of which is taken for a colour. Raises as
    ``opened`` does, and where the image is in no array or has another number of channels."""
    with _told(path):
        container, inside = container_of(path)
        if container.suffix not in ARRAYS:
            raise ValueError(f"{channels} channels are read from arrays alone, {' and '.join(ARRAYS)}")
        from core.data.sources.arrays import array_channels  # here, since most data needs it not

        return array_channels(container, inside, channels)


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise MissingData(f"{path}: is no longer there; put it back") from error
    except DataError:
        raise
    except (OSError, SyntaxError, TypeError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: does not decode as an image ({error}); replace or remove the file") from error


def as_rgb(image: Image.Image) -> Image.Image:
    """Return the first image of an opened file in mode RGB, upright and without transparency.

    - The EXIF orientation is applied.
    - Transparent pixels lie on ``BACKGROUND``, in every format.
    - Gray images with more than 8 bits are scaled by the range that the *file* can hold, never by the smallest and
      largest value of the image, so that one scale holds for all images of a folder: 0 to 65535 for a 16-bit PNG,
      ``BitsPerSample`` of a TIFF (12, 16 or 32, signed or not), or its ``SMinSampleValue`` and ``SMaxSampleValue``
      where it states them. A value of 16 bits becomes its high byte, as in colour images of 16 bits. Values of 12 bits
      in a file of 16 therefore are dark, and should be multiplied by 16 or be written with their range.
    - Floating-point values are from 0 to 1 unless the TIFF states another range.
    - Palettes, gray, 1-bit and CMYK images become RGB. Colour profiles are not applied.

    Raises ``ValueError`` for values outside the range, ``OSError`` or ``SyntaxError`` for a file that is damaged.
    """
    image.load()  # turns a TIFF upright, and reads an orientation that a PNG has behind its pixels
    method = UPRIGHT.get(orientation(image))
    colors = _opaque(image) if image.mode not in ("F", "I") and not image.mode.startswith("I;") else _gray(image)
    return colors.transpose(method) if method is not None else colors


def orientation(image: Image.Image) -> Any:
    """Return the EXIF orientation of an opened file, 1 where it says none."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except SyntaxError:  # what the file calls EXIF is none
        return 1


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    behind = Image.new("RGBA", image.size, BACKGROUND)
    return Image.alpha_composite(behind, image.convert("RGBA")).convert("RGB")


def _gray(image: Image.Image) -> Image.Image:
    """Convert one channel with more than 8 bits."""
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    whole = values.dtype.kind != "f"
    signed = _first(tags, SAMPLE_FORMAT, 1) == SIGNED
    bits = int(_first(tags, BITS, 16))  # Pillow scales a PGM to 16 bits
    if whole and bits == 32 and not signed:
        values = values.view(np.uint32)
    default = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    lowest, highest = default if whole else (0, 1)
    low, high = float(_first(tags, LOWEST, lowest)), float(_first(tags, HIGHEST, highest))
    gray = _scaled(values.astype(np.float64), low, high, whole)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        gray = 255 - gray
    gray[values == image.info.get("transparency")] = BACKGROUND[0]
    return Image.fromarray(gray).convert("RGB")


def _scaled(values: np.ndarray, low: float, high: float, whole: bool) -> np.ndarray:
    """Scale values from [low, high] to uint8: whole numbers to 256 equal steps, others to the nearest of 0 to 255."""
    if not (low < high and low <= values.min() and values.max() <= high):
        raise ValueError(
            f"its values are from {values.min():g} to {values.max():g}, and its range is from {low:g} to {high:g}; "
            "write it as a PNG of 16 bits, or state the range in a TIFF's SMinSampleValue and SMaxSampleValue"
        )
    share = (values - low) / (high - low + 1) * 256 if whole else (values - low) / (high - low) * 255 + 0.5
    return np.floor(share).astype(np.uint8)


def _first(tags: Any, tag: int, default: float) -> Any:
    """First value of a TIFF's tag, which may have one for each channel."""
    value = tags.get(tag, default)
    return value[0] if isinstance(value, tuple) else value

"""Pixels are those that an image viewer shows, whatever the file's format."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin
from torch import Tensor

from core import DataError
from core.data.decode import decode_whole
from core.data.fingerprint import DECODING
from core.data.jpeg import ordinary_jpeg
from core.data.pixels import BACKGROUND, opened

Save = Callable[[Path], object]
RAMP = np.array([[0, 4095, 32768, 65535]], dtype=np.uint16)
WHITE = list(BACKGROUND)


def read(path: Path) -> np.ndarray:
    """Pixels (H, W, 3), decoded in the file's own shape."""
    return decode_whole(str(path), 512).permute(1, 2, 0).numpy()


def tiff(values: np.ndarray, **tags: float) -> Save:
    """A TIFF with tags by their names."""

    def save(path: Path) -> None:
        directory = TiffImagePlugin.ImageFileDirectory_v2()
        for name, value in tags.items():
            number = getattr(TAGS, name)
            directory.tagtype[number] = 12  # double
            directory[number] = value
        Image.fromarray(values).save(path, tiffinfo=directory)

    return save


class TAGS:
    lowest, highest = 340, 341


def raw_tiff(bits: int, sample_format: int, photometric: int, data: bytes, width: int) -> Save:
    """A TIFF of one line, written byte by byte, since Pillow writes not every kind."""
    entries = [
        (256, 3, width), (257, 3, 1), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8),
        (277, 3, 1), (278, 3, 1), (279, 4, len(data)), (339, 3, sample_format),
    ]  # fmt: skip
    start = 8 + len(data) + len(data) % 2
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value)
    file = struct.pack("<2sHI", b"II", 42, start) + data.ljust(start - 8, b"\0") + directory + struct.pack("<I", 0)
    return lambda path: path.write_bytes(file)


def raw_png(depth: int, kind: int, line: bytes, width: int, transparent: bytes = b"") -> Save:
    """A PNG of one line, written byte by byte, since Pillow writes no colours of 16 bits."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, kind, 0, 0, 0))
    between = chunk(b"tRNS", transparent) if transparent else b""
    body = chunk(b"IDAT", zlib.compress(b"\0" + line)) + chunk(b"IEND", b"")
    return lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + between + body)


def pil(values: object, mode: str, **options: object) -> Save:
    return lambda path: Image.fromarray(np.array(values, dtype=np.uint8), mode).save(path, **options)  # type: ignore[arg-type]


def palette(path: Path, **options: object) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.save(path, **options)  # type: ignore[arg-type]


def bits(path: Path) -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 255)
    image.save(path)


HALF = [255, 127, 127]
"""Red of which 128 of 255 cover white."""

FORMATS: dict[str, tuple[str, Save, list[object]]] = {
    "gray of 16 bits, png": ("a.png", lambda p: Image.fromarray(RAMP).save(p), [0, 15, 128, 255]),
    "gray of 16 bits, tiff": ("a.tif", lambda p: Image.fromarray(RAMP).save(p), [0, 15, 128, 255]),
    "gray of 16 bits, white is 0": ("a.tif", raw_tiff(16, 1, 0, RAMP.tobytes(), 4), [255, 240, 127, 0]),
    "gray of 16 bits, signed": (
        "a.tif", raw_tiff(16, 2, 1, np.array([-32768, 0, 32767], np.int16).tobytes(), 3), [0, 128, 255],
    ),
    "gray of 12 bits": ("a.tif", raw_tiff(12, 1, 1, bytes([0x00, 0x08, 0x00, 0xFF, 0xF0, 0x10]), 4), [0, 128, 255, 1]),
    "gray of 12 bits in 16, with its range": ("a.tif", tiff(RAMP[:, :2], highest=4095.0), [0, 255]),
    "gray of 32 bits, unsigned": (
        "a.tif", raw_tiff(32, 1, 1, np.array([0, 2**31, 2**32 - 1], np.uint32).tobytes(), 3), [0, 128, 255],
    ),
    "gray of 32 bits, signed": (
        "a.tif", raw_tiff(32, 2, 1, np.array([-(2**31), 0, 2**31 - 1], np.int32).tobytes(), 3), [0, 128, 255],
    ),
    "gray of floats": ("a.tiff", tiff(np.array([[0, 0.5, 1]], np.float32)), [0, 128, 255]),
    "gray of floats, with its range": (
        "a.tiff", tiff(np.array([[-1, 0, 1]], np.float32), lowest=-1.0, highest=1.0), [0, 128, 255],
    ),
    "gray of 16 bits, transparent": (
        "a.png", raw_png(16, 0, struct.pack(">2H", 7, 1792), 2, struct.pack(">H", 7)), [255, 7],
    ),
    "colours of 16 bits": ("a.png", raw_png(16, 2, struct.pack(">3H", 65535, 32768, 4095), 1), [[255, 128, 15]]),
    "gray of 2 bits": ("a.png", raw_png(2, 0, bytes([0b00011011]), 4), [0, 85, 170, 255]),
    "1 bit, png": ("a.png", bits, [0, 255]),
    "1 bit, bmp": ("a.bmp", bits, [0, 255]),
    "1 bit, tiff": ("a.tif", bits, [0, 255]),
    "gray, bmp": ("a.BMP", pil([[0, 77]], "L"), [0, 77]),
    "colours, bmp": ("a.bmp", pil([[[1, 2, 3]]], "RGB"), [[1, 2, 3]]),
    "colours, tiff": ("a.tiff", pil([[[1, 2, 3]]], "RGB"), [[1, 2, 3]]),
    "gray with alpha": ("a.png", pil([[[9, 0], [9, 255], [0, 128]]], "LA"), [255, 9, 127]),
    "alpha, png": ("a.png", pil([[[9, 9, 9, 0], [255, 0, 0, 128], [1, 2, 3, 255]]], "RGBA"), [WHITE, HALF, [1, 2, 3]]),
    "alpha, tiff": ("a.tif", pil([[[9, 9, 9, 0], [255, 0, 0, 128]]], "RGBA"), [WHITE, HALF]),
    "alpha, webp": ("a.webp", pil([[[9, 9, 9, 0], [255, 0, 0, 128]]], "RGBA", lossless=True), [WHITE, HALF]),
    "a transparent colour": ("a.png", pil([[[9, 9, 9], [1, 2, 3]]], "RGB", transparency=(9, 9, 9)), [WHITE, [1, 2, 3]]),
    "a palette": ("a.png", palette, [[255, 0, 0], [0, 255, 0]]),
    "a palette, bmp": ("a.bmp", palette, [[255, 0, 0], [0, 255, 0]]),
    "a palette with a transparent colour": ("a.png", lambda p: palette(p, transparency=1), [[255, 0, 0], WHITE]),
    "a palette with alpha": ("a.png", lambda p: palette(p, transparency=bytes([128, 255])), [HALF, [0, 255, 0]]),
    "CMYK": ("a.tif", pil([[[0, 255, 255, 0], [0, 0, 0, 255]]], "CMYK"), [[255, 0, 0], 0]),
}  # fmt: skip
"""Formats: the file's name, what writes it, and its pixels from left to right, where one number is a gray."""


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_pixels_that_are_seen(kind: str, tmp_path: Path) -> None:
    name, save, seen = FORMATS[kind]
    save(tmp_path / name)
    expected = [pixel if isinstance(pixel, list) else [pixel] * 3 for pixel in seen]
    assert read(tmp_path / name)[0].tolist() == expected


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_upright(name: str, orientation: int, tmp_path: Path) -> None:
    """Its four quarters are compared, since a JPEG's pixels are not exact."""
    seen = np.kron(np.array([[0, 80, 160], [255, 40, 120]], dtype=np.uint8), np.ones((16, 16), np.uint8))
    stored = Image.fromarray(seen)
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[274] = undo
    turned = ImageOps.exif_transpose(_with(stored, exif, tmp_path / "turned.png"))
    exif[274] = orientation
    turned.save(tmp_path / name, exif=exif)
    assert np.abs(read(tmp_path / name)[:, :, 0].astype(int) - seen).max() <= 6


def _with(image: Image.Image, exif: Image.Exif, path: Path) -> Image.Image:
    image.save(path, exif=exif)
    return Image.open(path)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("exif", [b"Exif\0\0junk", b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01"])
def test_exif_that_cannot_be_read_costs_no_image(name: str, exif: bytes, tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (200, 200, 200)).save(tmp_path / name, exif=exif)
    assert read(tmp_path / name).tolist() == [[[200] * 3] * 4] * 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_colours_of_8_bits_are_decoded_as_they_always_were(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert np.array_equal(read(tmp_path / name), np.asarray(image.convert("RGB")))


def ordinary(path: Path, side: int = 512) -> Tensor | None:
    """Pixels (3, H, W) of a JPEG that simplejpeg decodes."""
    with opened(str(path)) as image:
        return ordinary_jpeg(image, side)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_simplejpeg_decodes_a_jpeg_bit_for_bit_as_pillow(subsampling: str, progressive: bool, tmp_path: Path) -> None:
    """Else files of decoded pixels need another version, and results of before are of other pixels."""
    path, random = tmp_path / "a.jpg", np.random.default_rng(0)
    for height, width in ((1, 1), (37, 53), (64, 48)):
        smooth = random.normal(size=(height, width, 3)).cumsum(0).cumsum(1)
        pixels = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
        Image.fromarray(pixels).save(path, quality=90, subsampling=subsampling, progressive=progressive)
        with Image.open(path) as image:
            expected = np.asarray(image).transpose(2, 0, 1)
        assert np.array_equal(ordinary(path), expected)  # type: ignore[arg-type]


def test_pillow_decodes_what_is_no_ordinary_jpeg(tmp_path: Path) -> None:
    """Gray, four colours, turned, another format, damaged, or so large that it is scaled while it is decoded."""
    photo, turned = Image.new("RGB", (40, 30), (200, 10, 10)), Image.Exif()
    turned[274] = 6
    for number, (image, form, options) in enumerate(
        [
            (photo.convert("L"), "JPEG", {}),
            (photo.convert("CMYK"), "JPEG", {}),
            (photo, "JPEG", {"exif": turned}),
            (photo, "PNG", {}),
        ]
    ):
        image.save(tmp_path / f"{number}", form, **options)
        assert ordinary(tmp_path / f"{number}") is None
    photo.save(tmp_path / "a.jpg")
    assert ordinary(tmp_path / "a.jpg", 16) is not None
    assert ordinary(tmp_path / "a.jpg", 15) is None
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-8])
    assert ordinary(tmp_path / "a.jpg") is None
    with pytest.raises(DataError, match=r"a.jpg: does not decode as an image \(image file is truncated"):
        read(tmp_path / "a.jpg")


@pytest.mark.parametrize("values", [[[0, 900.0]], [[-0.5, 1]], [[float("nan"), 1]]])
def test_floats_without_a_range_are_refused(values: list[list[float]], tmp_path: Path) -> None:
    tiff(np.array(values, np.float32))(tmp_path / "a.tif")
    with pytest.raises(DataError, match=r"a.tif: .*its range is from 0 to 1; write it as a PNG of 16 bits, or state"):
        read(tmp_path / "a.tif")


def test_the_version_tells_these_pixels_from_those_of_before() -> None:
    """Version 2 ignored EXIF and alpha and cut values of 16 bits off at 255."""
    assert DECODING == 3

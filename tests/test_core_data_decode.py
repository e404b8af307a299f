"""Decoding: a large JPEG costs what a small one does, to within reason, and gives nearly the same pixels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from core import DataConfig, load_data
from core.data import decode as decode_module
from core.data import folder as folder_module
from core.data.decode import decode
from core.data.square import fit_square
from core.randomness import generator

PHOTO = (600, 400)


def save_photo(path: Path, size: tuple[int, int] = PHOTO) -> Path:
    """Blobs of every width, the finer the fainter, as in a photograph."""
    width, height = size
    draws = [torch.rand(1, 3, 1 + height // n, 1 + width // n, generator=generator(n, "photo")) for n in (2, 8, 32)]
    fine, middle, coarse = (torch.nn.functional.interpolate(d, (height, width), mode="bicubic")[0] for d in draws)
    pixels = ((fine + 4 * middle + 16 * coarse).div(21).clamp(0, 1) * 255).byte()
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path, quality=95)
    return path


def decode_fully(path: Path, size: int) -> Tensor:
    with Image.open(path) as image:
        return fit_square(pil_to_tensor(image.convert("RGB")), size)


@pytest.fixture
def shapes_seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of what the decoder gives, before it is resized."""
    seen: list[tuple[int, ...]] = []

    def look(images: Tensor, size: int) -> Tensor:
        seen.append(tuple(images.shape))
        return fit_square(images, size)

    monkeypatch.setattr(decode_module, "fit_square", look)
    return seen


@pytest.mark.parametrize(
    ("side", "decoded"), [(201, PHOTO), (200, PHOTO), (101, PHOTO), (100, (300, 200)), (50, (150, 100)), (16, (75, 50))]
)
def test_a_jpeg_is_decoded_at_the_smallest_scale_of_twice_the_side(
    side: int, decoded: tuple[int, int], tmp_path: Path, shapes_seen: list[tuple[int, ...]]
) -> None:
    decode(str(save_photo(tmp_path / "photo.jpg")), side)
    assert shapes_seen == [(3, decoded[1], decoded[0])]


@pytest.mark.parametrize("side", [16, 50, 100])
def test_a_jpeg_that_is_scaled_while_it_is_decoded_looks_the_same(side: int, tmp_path: Path) -> None:
    path = save_photo(tmp_path / "photo.jpg")
    difference = (decode(str(path), side).int() - decode_fully(path, side).int()).abs()
    assert 0 < difference.float().mean() < 0.7
    assert difference.max() <= 4


@pytest.mark.parametrize("name", ["photo.png", "photo.webp", "photo.jpg"])
def test_what_is_not_scaled_is_decoded_as_it_always_was(name: str, tmp_path: Path) -> None:
    """Formats without a scale of their own, and a JPEG as small as CIFAR's."""
    path = save_photo(tmp_path / name, (40, 32) if name.endswith("jpg") else PHOTO)
    assert torch.equal(decode(str(path), 32), decode_fully(path, 32))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_without_colours_or_of_four_is_red_green_and_blue(mode: str, tmp_path: Path) -> None:
    Image.new("RGB", PHOTO, (200, 200, 200)).convert(mode).save(tmp_path / "photo.jpg")
    assert (decode(str(tmp_path / "photo.jpg"), 20).int() - 200).abs().max() <= 1


def test_images_that_were_decoded_otherwise_are_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder's version is in the name of the file that keeps them."""
    for split in ("train", "test"):
        (tmp_path / "photos" / split / "a").mkdir(parents=True)
        Image.fromarray(np.zeros((20, 20, 3), dtype=np.uint8)).save(tmp_path / "photos" / split / "a" / "0.jpg")
    decoded: list[str] = []
    for version in (1, 2, 2):
        monkeypatch.setattr(folder_module, "DECODING", version)
        load_data(DataConfig(name="photos", image_size=16), tmp_path, lambda task, done, total: decoded.append(task))
    assert len(decoded) == 4

"""Each operation against torchvision's functional, or a slow oracle, with the same parameters."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from core import config
from core import resample as resample_module
from core.augment.operations.adjust import (
    add_brightness,
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
)
from core.augment.operations.affine import affine
from core.augment.operations.blur import gaussian_blur, kernel_size, random_blur
from core.augment.operations.crop import draw_boxes
from core.augment.operations.cutout import FILL, cut_square
from core.augment.operations.equalize import equalize
from core.augment.operations.erasing import erase
from core.augment.operations.flip import horizontal_flip, vertical_flip
from core.augment.operations.grayscale import grayscale
from core.augment.operations.jitter import jitter
from core.augment.operations.motion_blur import motion_blur
from core.augment.operations.noise import add_noise
from core.augment.operations.perspective import perspective
from core.augment.operations.rotate import quarter_turns
from core.augment.operations.sobel import gradient_magnitude
from core.augment.operations.solarize import solarize
from core.augment.select import apply_where
from core.randomness import generator
from core.resample import resized_crop
from helpers import random_images

Adjust = Callable[..., Tensor]

STEP = 1 / 255
TWO_STEPS = 2 * STEP + 1e-6
"""torchvision's operations on bytes round, or cut off, up to twice."""


def images(count: int = 8, side: int = 32) -> Tensor:
    """Images in [0, 1], with grey, black, white and saturated ones among them."""
    batch = random_images(count, side).float() / 255
    batch[0] = batch[0].mean(dim=0, keepdim=True)
    batch[1], batch[2] = 0, 1
    batch[3, 0] = 1
    return batch


def as_bytes(batch: Tensor) -> Tensor:
    return (batch * 255).round().to(torch.uint8)


@pytest.mark.parametrize("side", [32, 33, 96])
def test_resized_crop_is_torchvisions(side: int) -> None:
    batch = images(side=side)
    boxes = draw_boxes(batch, generator(0, "boxes"), config.Crop())
    ours = resized_crop(batch, *boxes)
    for number, (top, left, height, width) in enumerate(zip(*(b.int().tolist() for b in boxes), strict=True)):
        theirs = F.resized_crop(
            batch[number], top, left, height, width, [side, side], v2.InterpolationMode.BICUBIC, antialias=True
        )
        assert torch.allclose(ours[number], theirs.clamp(0, 1), atol=1e-5)


def test_a_crop_in_parts_is_the_crop_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part has more weights than are allowed, or the matrices of a large batch fill a GPU."""
    batch, sizes = torch.rand(5, 3, 32, 32), list[int]()
    boxes = (torch.arange(5.0), torch.arange(5.0), 8 + torch.arange(5.0), 20 - torch.arange(5.0))
    whole, made = resized_crop(batch, *boxes, 16), resample_module.resize_matrix

    def make(*each: Any) -> Tensor:
        sizes.append(made(*each).numel())
        return made(*each)

    monkeypatch.setattr(resample_module, "resize_matrix", make)
    monkeypatch.setattr(resample_module, "WEIGHTS", 2 * 16 * 32 + 1)
    assert torch.equal(resized_crop(batch, *boxes, 16), whole)
    assert sizes == [2 * 16 * 32] * 4 + [16 * 32] * 2


def test_crop_boxes_keep_to_area_and_aspect() -> None:
    batch = images(512)
    top, left, height, width = draw_boxes(batch, generator(0, "boxes"), config.Crop(area=(0.2, 0.6)))
    assert ((top >= 0) & (top + height <= 32) & (left >= 0) & (left + width <= 32)).all()
    area, aspect = height * width / 32**2, width / height
    assert area.min() > 0.2 - 0.05
    assert area.max() < 0.6 + 0.05
    assert aspect.min() > 3 / 4 - 0.1
    assert aspect.max() < 4 / 3 + 0.1
    assert abs(float(area.mean()) - 0.4) < 0.02


def test_a_box_that_never_fits_is_the_whole_image() -> None:
    wide = config.Crop(area=(1.0, 1.0), aspect=(3.9, 4.0))
    top, left, height, width = draw_boxes(images(), generator(0, "boxes"), wide)
    assert (top == 0).all() and (left == 0).all() and (height == 32).all() and (width == 32).all()


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (adjust_brightness, F.adjust_brightness, 0.0, 2.0),
        (adjust_contrast, F.adjust_contrast, 0.0, 2.0),
        (adjust_saturation, F.adjust_saturation, 0.0, 2.0),
        (adjust_hue, F.adjust_hue, -0.5, 0.5),
    ],
)
def test_colour_adjustments_are_torchvisions(ours: Adjust, theirs: Adjust, low: float, high: float) -> None:
    batch = images(16)
    amounts = torch.linspace(low, high, 16)
    adjusted = ours(batch, amounts)
    for number, amount in enumerate(amounts.tolist()):
        assert torch.allclose(adjusted[number], theirs(batch[number], amount), atol=2e-5)
        assert (adjusted[number] - theirs(as_bytes(batch[number]), amount) / 255).abs().max() <= TWO_STEPS


def test_jitter_applies_the_four_in_each_samples_own_order() -> None:
    batch = images(24)
    orders = torch.tensor(
        [[a, b, c, 6 - a - b - c] for a in range(4) for b in range(4) for c in range(4) if len({a, b, c}) == 3]
    )
    amounts = torch.stack(
        [
            torch.linspace(0.3, 1.7, 24),
            torch.linspace(1.7, 0.3, 24),
            torch.linspace(0.5, 1.5, 24),
            torch.linspace(-0.2, 0.2, 24),
        ],
        1,
    )
    jittered = jitter(batch, amounts, orders)
    functions = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
    for number in range(24):
        expected = batch[number]
        for which in orders[number].tolist():
            expected = functions[which](expected, amounts[number, which].item())
        assert torch.allclose(jittered[number], expected, atol=5e-5)


def test_grayscale_is_torchvisions() -> None:
    batch = images()
    assert torch.allclose(grayscale(batch), F.rgb_to_grayscale(batch, num_output_channels=3), atol=1e-6)


def test_flip_is_torchvisions() -> None:
    assert torch.equal(horizontal_flip(images()), F.horizontal_flip(images()))


@pytest.mark.parametrize(("side", "pixels"), [(224, 23), (96, 9), (64, 7), (32, 3), (16, 3)])
def test_blur_kernel_is_a_tenth_of_the_side_made_odd(side: int, pixels: int) -> None:
    """A point spreads as far as that under the policy's own blur."""
    assert kernel_size(config.Blur().kernel, side) == pixels
    point = torch.zeros(1, 3, side, side)
    point[:, :, side // 2, side // 2] = 1
    wide = config.Blur(sigma=(9.0, 9.0), probability=1.0)
    spread = random_blur(point, generator(0, "blur"), wide)[0, 0] > 0
    assert spread.any(dim=0).sum() == spread.any(dim=1).sum() == pixels


def test_blur_kernel_is_the_released_codes_at_every_side() -> None:
    assert all(kernel_size(0.1, side) == side // 10 // 2 * 2 + 1 for side in range(20, 1025))


@pytest.mark.parametrize("side", [32, 224])
def test_blur_is_torchvisions(side: int) -> None:
    batch = images(4, side)
    sigma = torch.tensor([0.1, 0.7, 1.3, 2.0])
    kernel = kernel_size(0.1, side)
    blurred = gaussian_blur(batch, sigma, kernel)
    for number in range(4):
        theirs = F.gaussian_blur(batch[number], [kernel, kernel], [sigma[number].item()] * 2)
        assert torch.allclose(blurred[number], theirs, atol=1e-5)


def test_rotation_is_torchvisions() -> None:
    batch = images(8)
    turns = torch.arange(8) % 4
    rotated = quarter_turns(batch, turns)
    for number in range(8):
        assert torch.equal(rotated[number], F.rotate(batch[number], 90.0 * turns[number].item()))


def test_cutout_is_torchvisions_erase() -> None:
    batch = images()[-3:]
    top, left, side = (torch.tensor(v, dtype=torch.float32) for v in ([0, 5, 16], [16, 3, 0], [16, 16, 16]))
    cut = cut_square(batch, top, left, side)
    for number in range(3):
        y, x, s = int(top[number]), int(left[number]), int(side[number])
        assert torch.equal(cut[number], F.erase(batch[number], y, x, s, s, torch.tensor(FILL)))


def test_sobel_is_the_gradients_length_pixel_by_pixel() -> None:
    batch = images(5, 9)
    filtered = gradient_magnitude(batch)
    padded = torch.nn.functional.pad(batch, (1, 1, 1, 1), mode="replicate")
    smooth, difference = (1, 2, 1), (-1, 0, 1)
    for b, c, y, x in torch.cartesian_prod(*(torch.arange(n) for n in batch.shape)).tolist():
        window = padded[b, c, y : y + 3, x : x + 3].tolist()
        gx = sum(smooth[i] * difference[j] * window[i][j] for i in range(3) for j in range(3))
        gy = sum(difference[i] * smooth[j] * window[i][j] for i in range(3) for j in range(3))
        assert abs(filtered[b, c, y, x].item() - min(1.0, math.hypot(gx, gy))) < 1e-5


def test_noise_is_added_and_clipped() -> None:
    batch, noise = images(), 0.3 * torch.randn(8, 3, 32, 32, generator=generator(0, "noise"))
    assert torch.equal(add_noise(batch, noise), (batch + noise).clamp(0, 1))


def test_brightness_is_added_and_clipped() -> None:
    batch, amounts = images(), torch.linspace(-0.8, 0.8, 8)
    for ours, image, amount in zip(add_brightness(batch, amounts), batch, amounts, strict=True):
        assert torch.equal(ours, (image + amount).clamp(0, 1))
    order = torch.arange(4).expand(8, 4)
    rest = torch.tensor([1.0, 1.0, 0.0]).expand(8, 3)
    made = jitter(batch, torch.cat([amounts[:, None], rest], dim=1), order, "additive")
    assert torch.allclose(made, add_brightness(batch, amounts), atol=1e-5)


def test_equalize_is_torchvisions_on_each_image() -> None:
    batch = images() * torch.linspace(0.1, 1, 8)[:, None, None, None]
    for ours, image in zip(equalize(batch), as_bytes(batch), strict=True):
        assert torch.equal(as_bytes(ours), F.equalize(image))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_solarize_is_torchvisions(threshold: float) -> None:
    batch = images()
    assert torch.allclose(solarize(batch, torch.full((8,), threshold)), F.solarize(batch, threshold), atol=1e-6)


@pytest.mark.parametrize("length", [3, 5, 23])
def test_motion_blur_averages_along_a_line(length: int) -> None:
    """Pixel by pixel: each weighs one minus its distance from the line through the middle."""
    batch = images(4)
    angles = torch.tensor([0.0, 0.4, math.pi / 2, 2.5])
    blurred, reach = motion_blur(batch, angles, length), length // 2
    padded = torch.nn.functional.pad(batch, [reach] * 4, mode="reflect")
    for number, angle in enumerate(angles.tolist()):
        total, weights = torch.zeros(3), 0.0
        for down, right in itertools.product(range(-reach, reach + 1), repeat=2):
            beside = abs(down * math.cos(angle) - right * math.sin(angle))
            along = abs(down * math.sin(angle) + right * math.cos(angle))
            if beside < 1 and along <= reach + 1e-4:
                total += (1 - beside) * padded[number, :, 10 + reach + down, 20 + reach + right]
                weights += 1 - beside
        assert torch.allclose(blurred[number, :, 10, 20], total / weights, atol=1e-5)


def test_motion_along_the_rows_blurs_no_column() -> None:
    stripes = (torch.arange(32) % 2).float()[:, None].expand(1, 3, 32, 32)
    assert torch.allclose(motion_blur(stripes, torch.zeros(1), 5), stripes, atol=1e-5)
    across = motion_blur(stripes, torch.tensor([math.pi / 2]), 5)
    assert (across[:, :, 5:-5] - 0.5).abs().max() < 0.11


def test_apply_where_touches_only_the_chosen() -> None:
    batch, chosen = images(), torch.tensor([True, False] * 4)
    result = apply_where(chosen, horizontal_flip, batch)
    assert torch.equal(result[chosen], batch[chosen].flip(3))
    assert torch.equal(result[~chosen], batch[~chosen])
    nothing = apply_where(torch.zeros(8, dtype=torch.bool), adjust_hue, batch, torch.zeros(8))
    assert torch.equal(nothing, batch)


def test_vertical_flip_is_torchvisions() -> None:
    assert torch.equal(vertical_flip(images()), F.vertical_flip(images()))


def test_affine_is_torchvisions() -> None:
    batch = images(side=33)[4:]
    numbers = [
        (20.0, 3.5, -2.25, 1.3, 7.0),
        (-75.0, 0.0, 6.0, 0.6, -20.0),
        (0.0, 0.0, 0.0, 1.0, 0.0),
        (180.0, 1, 1, 1, 45),
    ]
    ours = affine(batch, *torch.tensor(numbers).T)
    for number, (degrees, right, down, scale, shear) in enumerate(numbers):
        theirs = F.affine(
            batch[number], degrees, [right, down], scale, [shear, 0.0], interpolation=v2.InterpolationMode.BILINEAR
        )
        assert torch.allclose(ours[number], theirs, atol=1e-4)


def test_perspective_is_torchvisions() -> None:
    """On an image that is wider than high, so that x and y cannot change places."""
    batch = images()[5:, :, :20]
    pixels = torch.tensor(
        [[[3, 2], [5, 0], [0, 4], [7, 3]], [[0, 0], [0, 0], [0, 0], [0, 0]], [[8, 5], [1, 1], [2, 3], [4, 4]]]
    )
    ours = perspective(batch, pixels / torch.tensor([16, 10]))
    for number, ((ax, ay), (bx, by), (cx, cy), (dx, dy)) in enumerate(pixels.tolist()):
        corners = [[0, 0], [31, 0], [31, 19], [0, 19]]
        to = [[ax, ay], [31 - bx, by], [31 - cx, 19 - cy], [dx, 19 - dy]]
        theirs = F.perspective(batch[number], corners, to, interpolation=v2.InterpolationMode.BILINEAR)
        assert torch.allclose(ours[number], theirs, atol=1e-3)


def test_erasing_is_torchvisions() -> None:
    batch = images()[3:5]
    boxes = [(3, 5, 10, 20), (0, 31, 32, 1)]
    ours = erase(batch, *torch.tensor(boxes).float().T)
    for number, box in enumerate(boxes):
        assert torch.equal(ours[number], F.erase(batch[number], *box, torch.zeros(())))

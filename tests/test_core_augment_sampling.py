"""Operations draw their parameters from the right ranges, with the right means and shares, for each sample."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from core import config
from core.augment.operations import (
    affine,
    auto_augment,
    blur,
    crop,
    cutout,
    equalize,
    erasing,
    flip,
    grayscale,
    jitter,
    levels,
    motion_blur,
    noise,
    perspective,
    rotate,
    sharpness,
    sobel,
    solarize,
)
from core.randomness import generator

COUNT = 4000
SIGMAS = 4
SIDE = 256
"""Large, so that rounding to whole pixels does not show."""

Draw = Callable[..., tuple[Tensor, ...]]

RANDOM: dict[str, tuple[ModuleType, Callable[..., Tensor], config.Operation]] = {
    "crop": (crop, crop.random_resized_crop, config.Crop()),
    "flip": (flip, flip.random_flip, config.Flip()),
    "jitter": (jitter, jitter.random_jitter, config.Jitter()),
    "grayscale": (grayscale, grayscale.random_grayscale, config.Grayscale()),
    "cutout": (cutout, cutout.random_cutout, config.Cutout()),
    "sobel": (sobel, sobel.random_sobel, config.Sobel()),
    "noise": (noise, noise.random_noise, config.Noise()),
    "blur": (blur, blur.random_blur, config.Blur()),
    "rotate": (rotate, rotate.random_rotate, config.Rotate()),
    "equalize": (equalize, equalize.random_equalize, config.Equalize()),
    "solarize": (solarize, solarize.random_solarize, config.Solarize()),
    "motion_blur": (motion_blur, motion_blur.random_motion_blur, config.MotionBlur()),
    "vertical_flip": (flip, flip.random_vertical_flip, config.VerticalFlip()),
    "affine": (affine, affine.random_affine, config.Affine()),
    "perspective": (perspective, perspective.random_perspective, config.Perspective()),
    "erasing": (erasing, erasing.random_erasing, config.Erasing()),
    "sharpness": (sharpness, sharpness.random_sharpness, config.Sharpness()),
    "posterize": (levels, levels.random_posterize, config.Posterize()),
    "auto_augment": (auto_augment, auto_augment.random_sub_policy, config.SubPolicy()),
}


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """A function that gives the samples an operation is applied to and the parameters it draws, (COUNT, ...) each."""

    def drawn(kind: str, changes: dict[str, object], side: int = SIDE) -> tuple[Tensor, ...]:
        module, function, operation = RANDOM[kind]
        seen: list[tuple[Tensor, ...]] = []

        def look(chosen: Tensor, _: object, images: Tensor, *parameters: Tensor) -> Tensor:
            seen.append((chosen, *parameters))
            return images

        monkeypatch.setattr(module, "apply_where", look)
        images = torch.zeros(1).expand(COUNT, 3, side, side)
        function(images, generator(0, f"sampling {kind}"), operation.model_copy(update=changes))
        return seen[0]

    return drawn


def assert_uniform(values: Tensor, low: float, high: float) -> None:
    """Its ends are reached, to within a chance of e^-20, and its mean and spread are right to within four sigmas."""
    width = high - low
    assert low <= values.min() < low + 20 / COUNT * width
    assert high >= values.max() > high - 20 / COUNT * width
    deviation = width / math.sqrt(12)
    assert abs(values.mean().item() - (low + high) / 2) < SIGMAS * deviation / math.sqrt(COUNT)
    assert values.std().item() == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "share"), [("crop", 1), ("flip", 0.5), ("jitter", 0.8), ("grayscale", 0.2), ("blur", 0.5)]
)
def test_operations_are_applied_as_often_as_appendix_a_says(draw: Draw, kind: str, share: float) -> None:
    """They are chosen for each sample: one choice for a batch would be all or none."""
    chosen = draw(kind, {}, side=8)[0]
    assert abs(chosen.float().mean().item() - share) <= SIGMAS * math.sqrt(share * (1 - share) / COUNT)


@pytest.mark.parametrize("kind", RANDOM)
def test_every_operation_has_its_probability(draw: Draw, kind: str) -> None:
    chosen = draw(kind, {"probability": 0.3}, side=8)[0]
    assert abs(chosen.float().mean().item() - 0.3) <= SIGMAS * math.sqrt(0.21 / COUNT)


def test_factors_of_the_jitter(draw: Draw) -> None:
    _, amounts, _ = draw("jitter", {"brightness": 0.8, "contrast": 0.4, "saturation": 1.5, "hue": 0.2})
    for values, (low, high) in zip(amounts.T, [(0.2, 1.8), (0.6, 1.4), (0.0, 2.5), (-0.2, 0.2)], strict=True):
        assert_uniform(values, low, high)
    assert (torch.corrcoef(amounts.T) - torch.eye(4)).abs().max() < SIGMAS / math.sqrt(COUNT)


@pytest.mark.parametrize("form", ["additive", "released_v1"])
def test_brightness_that_is_added_is_drawn_around_zero(draw: Draw, form: str) -> None:
    _, amounts, _ = draw("jitter", {"color_form": form, "brightness": 0.3})
    assert_uniform(amounts[:, 0], -0.3, 0.3)
    assert_uniform(amounts[:, 1], 0.2, 1.8)


def test_directions_of_the_motion_blur(draw: Draw) -> None:
    assert_uniform(draw("motion_blur", {})[1], 0, math.pi)


def test_every_order_of_the_jitter_is_as_likely(draw: Draw) -> None:
    _, _, order = draw("jitter", {})
    orders, counts = torch.unique(order, dim=0, return_counts=True)
    assert len(orders) == 24
    assert (counts / COUNT - 1 / 24).abs().max() < SIGMAS * math.sqrt(1 / 24 * 23 / 24 / COUNT)


def test_widths_of_the_blur(draw: Draw) -> None:
    assert_uniform(draw("blur", {})[1], 0.1, 2.0)


def test_areas_and_places_of_the_crop(draw: Draw) -> None:
    """Up to 0.7 of the image every aspect fits, so that none is drawn again."""
    _, top, left, height, width = draw("crop", {"area": (0.08, 0.7)}, side=2000)
    assert_uniform((height * width / 2000**2).double().clamp(0.08, 0.7), 0.08, 0.7)
    for start, length in ((top, height), (left, width)):
        assert_uniform(start / (2000 - length), 0.0, 1.0)


def test_aspects_of_the_crop_are_uniform_on_a_logarithm(draw: Draw) -> None:
    _, _, _, height, width = draw("crop", {"area": (0.08, 0.7)}, side=2000)
    limit = math.log(4 / 3)
    assert_uniform((width / height).log().clamp(-limit, limit), -limit, limit)


def test_the_crops_default_reaches_from_0_08_to_the_whole(draw: Draw) -> None:
    _, _, _, height, width = draw("crop", {}, side=2000)
    area = height * width / 2000**2
    assert 0.079 < area.min() < 0.085
    assert area.max() > 0.97


def test_places_of_the_cutout(draw: Draw) -> None:
    _, top, left, side = draw("cutout", {}, side=2000)
    assert (side == 1000).all()
    for start in (top, left):
        assert_uniform(start / 1000, 0.0, 1.0)


def test_turns_of_the_rotation(draw: Draw) -> None:
    shares = draw("rotate", {})[1].bincount(minlength=4) / COUNT
    assert (shares - 0.25).abs().max() < SIGMAS * math.sqrt(0.25 * 0.75 / COUNT)


def test_noise_has_its_deviation_and_is_drawn_for_every_pixel(draw: Draw) -> None:
    added = draw("noise", {}, side=8)[1]
    assert added.std().item() == pytest.approx(0.1, rel=0.01)
    assert added.mean().abs() < 1e-3
    assert len(added[0].unique()) > 0.9 * 3 * 8 * 8


def test_parameters_of_the_affine_transformation(draw: Draw) -> None:
    _, degrees, right, down, scale, shear = draw("affine", {})
    for values, limit in ((degrees, 15), (right, 0.1 * SIDE), (down, 0.1 * SIDE), (shear, 10)):
        assert_uniform(values, -limit, limit)
    assert_uniform(scale, 0.8, 1.2)


def test_moves_of_the_corners(draw: Draw) -> None:
    _, moves = draw("perspective", {})
    assert_uniform(moves[:, 0, 0], 0, 0.5)
    assert (torch.corrcoef(moves.flatten(1).T) - torch.eye(8)).abs().max() < 5 / math.sqrt(COUNT)


def test_rectangles_that_are_erased(draw: Draw) -> None:
    _, top, left, height, width = draw("erasing", {"area": (0.02, 0.3)}, side=2000)
    assert_uniform((height * width / 2000**2).double().clamp(0.02, 0.3), 0.02, 0.3)
    limits = math.log(0.3), math.log(3.3)
    assert_uniform((width / height).log().clamp(*limits), *limits)
    assert (top + height <= 2000).all()
    assert (left + width <= 2000).all()


def test_factors_of_the_sharpness(draw: Draw) -> None:
    assert_uniform(draw("sharpness", {})[1], 0.1, 1.9)

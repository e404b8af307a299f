"""Policies: which branch gets what, and that every sample draws for itself."""

import itertools
from operator import attrgetter
from typing import get_args

import pytest
import torch
from torch import Tensor

from core import config
from core.augment.policy import two_views
from core.config import AutoAugment, CompositionAugment, CustomAugment, SimclrAugment
from core.config.operations import ColorForm
from core.config.policies import Transformation
from core.randomness import generator
from helpers import random_images

OPERATIONS = [operation.model_validate({}) for operation in config.OPERATIONS]
TRANSFORMATIONS = ["crop", "cutout", "color", "sobel", "noise", "blur", "rotate"]


def views(policy: config.AugmentConfig, count: int = 16, seed: int = 0, step: int = 0) -> torch.Tensor:
    return two_views(random_images(count), policy, generator(seed, "augmentation", step))


@pytest.mark.parametrize(
    "policy", [SimclrAugment(), CompositionAugment(), AutoAugment(), CustomAugment(both=tuple(OPERATIONS))]
)
def test_views_are_floats_in_range(policy: config.AugmentConfig) -> None:
    made = views(policy)
    assert made.shape == (32, 3, 32, 32)
    assert made.dtype == torch.float32
    assert made.min() >= 0
    assert made.max() <= 1


def different(operation: config.Operation, images: torch.Tensor, step: int) -> torch.Tensor:
    """The views (N, ...) that an operation makes of images when it is always applied."""
    always = operation.model_copy(update={"probability": 1.0})
    return two_views(images, CustomAugment(first=(always,)), generator(0, "augmentation", step))[: len(images)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.kind)
def test_copies_of_one_image_become_as_many_views_in_one_batch_as_in_many(operation: config.Operation) -> None:
    """Each sample draws for itself. An operation may have few outcomes, as a flip has; then it has as few in both."""
    one = random_images(1)
    together = different(operation, one.expand(64, -1, -1, -1), 0)
    apart = torch.cat([different(operation, one, step) for step in range(64)])
    count, expected = (len(torch.unique(made.flatten(1), dim=0)) for made in (together, apart))
    assert count >= 0.75 * expected


def test_64_copies_under_the_default_policy_become_128_views() -> None:
    copies = random_images(1).expand(64, -1, -1, -1)
    made = two_views(copies, SimclrAugment(), generator(0, "augmentation"))
    assert len(torch.unique(made.flatten(1), dim=0)) == 128


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.kind)
def test_the_probability_is_the_share_of_images_that_are_changed(operation: config.Operation) -> None:
    """Some outcomes of an operation that is always applied may leave an image as it is, such as a rotation by 0."""
    batch = random_images(200)

    def changed(probability: float) -> float:
        chosen = operation.model_copy(update={"probability": probability})
        first = two_views(batch, CustomAugment(first=(chosen,)), generator(0, "augmentation"))[:200]
        return (first != batch.float() / 255).flatten(1).any(dim=1).float().mean().item()

    assert changed(0.0) == 0
    assert changed(1.0) > 0.6
    assert changed(0.25) == pytest.approx(changed(1.0) / 4, abs=0.1)


def test_views_are_a_function_of_seed_and_step() -> None:
    assert torch.equal(views(SimclrAugment()), views(SimclrAugment()))
    assert not torch.equal(views(SimclrAugment()), views(SimclrAugment(), step=1))
    assert not torch.equal(views(SimclrAugment()), views(SimclrAugment(), seed=1))


def test_composition_crops_once_for_both_branches_then_treats_one() -> None:
    policy = CompositionAugment(first="cutout", second="cutout")
    first, second = views(policy).chunk(2)
    cut = first == 0.5
    assert torch.equal(first[~cut], second[~cut])
    assert abs(cut.float().mean().item() - 0.25) < 0.01
    assert not torch.allclose(second, random_images(16).float() / 255)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_equal_transformations_are_a_single_one(name: Transformation) -> None:
    single = CompositionAugment(first=name, second=name).branches()
    kinds = [operation.kind for operation in single.first]
    expected = {"crop": ["crop", "flip"], "color": ["jitter", "grayscale"]}
    assert kinds == expected.get(name, [name])
    assert [operation.kind for operation in single.shared] == ["crop"]
    assert single.both == single.second == ()


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(TRANSFORMATIONS, 2)))
def test_a_pair_is_applied_in_its_order(first: Transformation, second: Transformation) -> None:
    singles = [CompositionAugment(first=name, second=name).branches().first for name in (first, second)]
    assert CompositionAugment(first=first, second=second).branches().first == singles[0] + singles[1]


def test_simclr_switches() -> None:
    def kinds(policy: SimclrAugment) -> list[str]:
        return [operation.kind for operation in policy.branches().both]

    assert kinds(SimclrAugment()) == ["crop", "flip", "jitter", "grayscale", "blur"]
    assert kinds(SimclrAugment(flip=False, blur=False)) == ["crop", "jitter", "grayscale"]
    assert kinds(SimclrAugment(broader=True))[5:] == ["sobel", "equalize", "solarize", "motion_blur"]
    assert kinds(SimclrAugment(color=False)) == ["crop", "flip", "blur"]


def test_what_table_3_adds_comes_last_and_half_the_views_are_corrupted() -> None:
    also = SimclrAugment(also=("rotate", "noise", "sobel")).branches().both[5:]
    assert also == (config.Rotate(), config.Noise(probability=0.5), config.Sobel(probability=0.5))
    assert SimclrAugment(also=("sobel",), broader=True).branches().both[-1] == config.Sobel(probability=0.5)


def test_a_views_addition_is_its_own() -> None:
    """Each view turns by its own angle: of 256 pairs a quarter turn alike."""
    policy = SimclrAugment(also=("rotate",), flip=False, blur=False, crop_area=(1.0, 1.0), color=False)
    corner = torch.zeros(256, 3, 32, 32, dtype=torch.uint8)
    corner[:, :, :8, :8] = 255
    first, second = two_views(corner, policy, generator(0, "augmentation")).flatten(1).argmax(dim=1).chunk(2)
    assert len(first.unique()) == len(second.unique()) == 4
    assert abs((first == second).float().mean().item() - 0.25) < 0.11


def test_strength_scales_the_jitter() -> None:
    jitter = SimclrAugment(strength=0.5).branches().both[2]
    assert attrgetter("brightness", "contrast", "saturation", "hue")(jitter) == (0.4, 0.4, 0.4, 0.1)


@pytest.mark.parametrize("form", get_args(ColorForm))
def test_a_strength_of_0_keeps_grayscale_and_the_switch_turns_it_off_too(form: ColorForm) -> None:
    """As in appendix A's snippet and in the released code, where s is an argument of the jitter alone."""

    def greyed(policy: SimclrAugment) -> Tensor:
        images = random_images(400, 4)
        policy = policy.model_copy(update={"flip": False, "blur": False, "crop_area": (1.0, 1.0)})
        made = two_views(images, policy, generator(0, "augmentation"))
        is_grey = (made == made[:, :1]).flatten(1).all(dim=1)
        assert torch.allclose(made[~is_grey], images.repeat(2, 1, 1, 1)[~is_grey] / 255, atol=1e-6)
        return is_grey.float().mean()

    assert abs(greyed(SimclrAugment(strength=0.0, color_form=form)).item() - 0.2) < 0.05
    assert greyed(SimclrAugment(color=False, color_form=form)) == 0


def test_custom_lists_reach_their_branches() -> None:
    policy = CustomAugment(first=(config.Grayscale(probability=1.0),), second=(config.Cutout(),))
    first, second = views(policy).chunk(2)
    assert torch.equal(first[:, 0], first[:, 1])
    assert (second == 0.5).any()

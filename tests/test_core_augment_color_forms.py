"""Each form of the colour jitter against a transcription of its source: NumPy and colorsys, pixel by pixel.

``released_v1`` and ``released_v2`` are data_util.py of google-research/simclr, at its first and last commit. They
call tf.image: random_brightness (adds), random_contrast (about the mean of each channel), random_saturation and
random_hue (in HSV), and clip to [0, 1] after each of the four, whose order is shuffled.
"""

import colorsys
import itertools
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.augment.contact_sheet import JITTER, contact_sheet
from core.augment.histograms import colour_histograms
from core.augment.operations.jitter import jitter, random_jitter
from core.augment.policy import two_views
from core.config import CompositionAugment, CustomAugment, Jitter, SimclrAugment
from core.config.operations import ColorForm
from core.randomness import generator
from helpers import random_images

Image = NDArray[np.float64]
"""(H, W, 3)."""
FORMS: tuple[ColorForm, ...] = get_args(ColorForm)
ORDERS = list(itertools.permutations(range(4)))
WEIGHTS = np.array([0.2989, 0.587, 0.114])
"""Weights of the luminance, in TensorFlow and in torchvision."""


def scale_saturation(image: Image, factor: float) -> Image:
    """Scale S of HSV, at most to 1."""
    made = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*image[place])
        made[place] = colorsys.hsv_to_rgb(h, min(1.0, s * factor), v)
    return made


def turn_hue(image: Image, shift: float) -> Image:
    made = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*image[place])
        made[place] = colorsys.hsv_to_rgb((h + shift) % 1, s, v)
    return made


def tensorflow_step(image: Image, which: int, amount: float, brightness_is_added: bool) -> Image:
    if which == 0:
        return np.asarray(image + amount if brightness_is_added else image * amount)
    if which == 1:
        channel_means = image.reshape(-1, 3).mean(axis=0)
        return np.asarray((image - channel_means) * amount + channel_means)
    return scale_saturation(image, amount) if which == 2 else turn_hue(image, amount)


def torchvision_step(image: Image, which: int, amount: float, brightness_is_added: bool) -> Image:
    luminance = image @ WEIGHTS
    if which == 0:
        return image + amount if brightness_is_added else image * amount
    if which == 1:
        return np.asarray(amount * image + (1 - amount) * luminance.mean())
    return amount * image + (1 - amount) * luminance[..., None] if which == 2 else turn_hue(image, amount)


STEPS = {
    "torchvision": (torchvision_step, False),
    "additive": (torchvision_step, True),
    "released_v1": (tensorflow_step, True),
    "released_v2": (tensorflow_step, False),
}


def transcribed(image: Image, amounts: list[float], order: tuple[int, ...], form: ColorForm) -> Image:
    step, brightness_is_added = STEPS[form]
    for which in order:
        image = np.clip(step(image, which, amounts[which], brightness_is_added), 0, 1)
    return image


def images() -> torch.Tensor:
    """One for each order: random, grey, black, white, pure and half grey ones."""
    batch = random_images(len(ORDERS), 6).float() / 255
    batch[0] = batch[0].mean(dim=0, keepdim=True)
    batch[1], batch[2] = 0, 1
    batch[3], batch[3, 1] = 0, 1
    batch[4, :, :3] = 0.4
    return batch


def parameters(form: ColorForm) -> torch.Tensor:
    """(24, 4), as far as s = 1 goes, in no step with each other."""
    draws = torch.rand(len(ORDERS), 4, generator=generator(0, "amounts"))
    low = torch.tensor([-0.8 if STEPS[form][1] else 0.2, 0.2, 0.2, -0.2])
    high = torch.tensor([0.8 if STEPS[form][1] else 1.8, 1.8, 1.8, 0.2])
    return low + (high - low) * draws


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_its_source_in_every_order(form: ColorForm) -> None:
    batch, amounts = images(), parameters(form)
    made = jitter(batch, amounts, torch.tensor(ORDERS), form)
    for number, order in enumerate(ORDERS):
        image = batch[number].permute(1, 2, 0).double().numpy()
        expected = transcribed(image, amounts[number].double().tolist(), order, form)
        assert np.abs(made[number].permute(1, 2, 0).numpy() - expected).max() < 2e-4, order


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", range(4))
def test_one_change_alone_is_its_source(form: ColorForm, which: int) -> None:
    """The other three are neutral, and each is clipped: a saturation of 3 ends at 1."""
    neutral = [0.0 if STEPS[form][1] else 1.0, 1.0, 1.0, 0.0]
    strongest = {0: 0.8 if STEPS[form][1] else 3.0, 1: 3.0, 2: 3.0, 3: 0.5}
    batch = images()
    for amount in (neutral[which], strongest[which], -0.3 if which in (0, 3) and STEPS[form][1] else 0.0):
        amounts = torch.tensor(neutral).repeat(len(batch), 1)
        amounts[:, which] = amount
        made = jitter(batch, amounts, torch.arange(4).expand(len(batch), 4), form)
        for ours, image in zip(made, batch, strict=True):
            expected = transcribed(image.permute(1, 2, 0).double().numpy(), amounts[0].tolist(), (0, 1, 2, 3), form)
            assert np.abs(ours.permute(1, 2, 0).numpy() - expected).max() < 2e-5


@pytest.mark.parametrize("form", FORMS)
def test_the_amounts_are_drawn_for_the_form(form: ColorForm) -> None:
    """On constant grey, only brightness does anything: it is added within 0.8 s, or a factor within 1 - 0.8 s."""
    config = Jitter(brightness=0.4, color_form=form, probability=1.0)
    grey = torch.full((4000, 3, 2, 2), 0.5)
    made = random_jitter(grey, generator(0, "amounts"), config)[:, 0, 0, 0]
    low, high = (0.1, 0.9) if STEPS[form][1] else (0.3, 0.7)
    assert made.min().item() == pytest.approx(low, abs=0.002)
    assert made.max().item() == pytest.approx(high, abs=0.002)
    assert made.mean().item() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("form", FORMS)
def test_every_policy_that_distorts_colour_has_the_form(form: ColorForm) -> None:
    """Figure 5 too, and a policy of one's own by its operation."""
    policies = (
        SimclrAugment(color_form=form),
        CompositionAugment(first="crop", second="color", color_form=form),
        CustomAugment(both=(Jitter(color_form=form),)),
    )
    for policy in policies:
        branches = policy.branches()
        jitters = [each for each in (*branches.both, *branches.first) if isinstance(each, Jitter)]
        assert [each.color_form for each in jitters] == [form]
        assert two_views(random_images(4), policy, generator(0, "views")).isfinite().all()


@pytest.mark.parametrize("form", ["released_v1", "released_v2", "additive"])
def test_figure_6_has_the_form(form: ColorForm) -> None:
    made, others = (
        colour_histograms(random_images(2, 16), seed=0, bins=64, color_form=each).images
        for each in (form, "torchvision")
    )
    assert not torch.equal(made, others)


@pytest.mark.parametrize("form", ["released_v1", "released_v2", "additive"])
def test_figure_4_has_the_form_in_one_panel(form: ColorForm) -> None:
    made, others = (dict(contact_sheet(random_images(1, 16)[0], 0, each)) for each in (form, "torchvision"))
    assert [caption for caption in made if not torch.equal(made[caption], others[caption])] == [JITTER]


def change(form: ColorForm, strength: float) -> float:
    """Mean change of a pixel where the jitter is always applied."""
    config = Jitter(
        brightness=0.8 * strength,
        contrast=0.8 * strength,
        saturation=0.8 * strength,
        hue=0.2 * strength,
        color_form=form,
        probability=1.0,
    )
    batch = random_images(256, 16).float() / 255
    return float((random_jitter(batch, generator(0, "change"), config) - batch).abs().mean())


def test_the_papers_form_is_the_stronger_one() -> None:
    """A strength of one form is not that of another, and Table 1 ablates the strength."""
    assert change("released_v1", 1.0) > 1.25 * change("torchvision", 1.0)
    assert change("released_v1", 0.5) > 1.25 * change("torchvision", 0.5)

"""AutoAugment against torchvision's: its table, and each operation with each magnitude on the same bytes."""

from collections import Counter, defaultdict
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2

from core import config
from core.augment.operations.auto_augment import NAMES, OPERATIONS, apply_pairs, draw_operations
from core.augment.operations.auto_augment_table import TABLES, Name, Step
from core.augment.operations.levels import autocontrast
from core.config import AutoAugment
from core.config.operations import SearchedOn
from core.randomness import generator
from helpers import random_images

POLICIES = {"imagenet": v2.AutoAugmentPolicy.IMAGENET, "cifar10": v2.AutoAugmentPolicy.CIFAR10}
EXACT = ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Posterize", "Solarize", "Equalize", "Invert"]
SIGNED = [*EXACT[:5], "Brightness", "Color", "Contrast", "Sharpness"]


def pictures(count: int, side: int = 32) -> Tensor:
    """uint8, of little contrast, with a grey, a black and a white one among them and one channel of one value."""
    batch = (random_images(count, side) * torch.linspace(0.3, 0.8, count)[:, None, None, None] + 20).to(torch.uint8)
    batch[0, 1:] = batch[0, 0]
    batch[1], batch[2], batch[3, 1] = 0, 255, 77
    return batch


def torchvisions(image: Tensor, name: Name, level: int, sign: int) -> Tensor:
    """uint8 (3, H, W) -> uint8 (3, H, W)."""
    oracle = v2.AutoAugment()
    magnitudes = oracle._AUGMENTATION_SPACE[name][0](10, *image.shape[1:])
    magnitude = 0.0 if magnitudes is None else sign * float(magnitudes[level])
    made: torch.Tensor = oracle._apply_image_or_video_transform(
        image, name, magnitude, oracle.interpolation, oracle._fill
    )
    return made


@pytest.mark.parametrize("searched_on", TABLES)
def test_the_sub_policies_are_torchvisions(searched_on: SearchedOn) -> None:
    assert list(TABLES[searched_on]) == v2.AutoAugment(POLICIES[searched_on])._policies


def levels(name: Name) -> list[int]:
    """Levels that rounding alone does not decide: at levels 2 and 6 a shear falls on the middle between two pixels."""
    return [level for level in range(10) if not (name.startswith("Shear") and level in (2, 6))]


@pytest.mark.parametrize("side", [32, 50])
@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_torchvisions_at_every_level(name: Name, side: int) -> None:
    """All levels and signs in one batch: a magnitude for each sample."""
    cases = list(product(levels(name), (1, -1) if name in SIGNED else (1,)))
    batch = pictures(len(cases), side)
    amounts = torch.tensor([sign * level / 9 for level, sign in cases])
    ours = OPERATIONS[name](batch.float() / 255, amounts)
    for image, made, (level, sign) in zip(batch, ours, cases, strict=True):
        difference = (made * 255 - torchvisions(image, name, level, sign)).abs()
        assert difference.max() <= (1e-4 if name in EXACT else 2.0)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SIGNED])
def test_a_sign_means_nothing_to_what_has_no_direction(name: Name) -> None:
    batch, amounts = pictures(10).float() / 255, torch.arange(10) / 9
    assert torch.equal(OPERATIONS[name](batch, amounts), OPERATIONS[name](batch, -amounts))


@pytest.mark.parametrize("searched_on", TABLES)
def test_each_sample_has_its_own_pair_in_its_order(searched_on: SearchedOn) -> None:
    """A pixel that the first operation left beside a threshold of the second may be on its other side, since
    torchvision rounds between the two."""
    table, batch = TABLES[searched_on], pictures(25)
    operations = torch.tensor([[NAMES.index(step[0]) for step in pair] for pair in table])
    amounts = torch.tensor([[(step[2] or 0) / 9 for step in pair] for pair in table])
    ours = apply_pairs(batch.float() / 255, table, operations, amounts)
    for image, made, pair in zip(batch, ours, table, strict=True):
        theirs = image
        for name, _, level in pair:
            theirs = torchvisions(theirs, name, level or 0, 1)
        assert ((made * 255 - theirs).abs() > 3).float().mean() < 0.01


def test_what_is_not_drawn_is_left_out() -> None:
    table, batch = TABLES["imagenet"], pictures(4).float() / 255
    invert = NAMES.index("Invert")
    operations = torch.tensor([[-1, -1], [invert, -1], [-1, invert], [invert, invert]])
    made = apply_pairs(batch, table, operations, torch.ones(4, 2))
    expected = torch.cat([batch[:1], 1 - batch[1:3], batch[3:]])
    assert torch.allclose(made, expected, atol=1e-6)


def test_autocontrast_leaves_a_channel_of_one_value() -> None:
    """Also where its floats are not quite equal, as after a resize."""
    nearly = 0.5 + 1e-6 * torch.rand(2, 3, 8, 8, generator=generator(0, "nearly"))
    assert torch.equal(autocontrast(nearly), nearly)


def described(pair: tuple[Step, Step], kept: tuple[bool, bool], signs: tuple[int, int]) -> tuple[object, ...]:
    """Name and amount of each operation, None for one left out."""
    amounts = [sign * (step[2] or 0) for step, sign in zip(pair, signs, strict=True)]
    return tuple((step[0], amount) if keep else None for step, amount, keep in zip(pair, amounts, kept, strict=True))


@pytest.mark.parametrize("searched_on", TABLES)
def test_pairs_probabilities_and_signs_are_drawn_for_each_sample(searched_on: SearchedOn) -> None:
    """The whole distribution: both operations, each with its amount or left out."""
    count, table = 20_000, TABLES[searched_on]
    expected = defaultdict[tuple[Any, ...], float](float)
    both = (True, False)
    for pair, kept, signs in product(table, product(both, both), product((1, -1), (1, -1))):
        chances = [p if keep else 1 - p for (_, p, _), keep in zip(pair, kept, strict=True)]
        expected[described(pair, kept, signs)] += chances[0] * chances[1] / 4 / len(table)

    images = torch.zeros(1).expand(count, 3, 32, 32)
    operations, amounts = draw_operations(images, generator(0, "auto augment"), table)
    drawn: Counter[tuple[Any, ...]] = Counter(
        tuple((NAMES[o], round(9 * a)) if o >= 0 else None for o, a in zip(names, sizes, strict=True))
        for names, sizes in zip(operations.int().tolist(), amounts.tolist(), strict=True)
    )
    assert set(drawn) <= {outcome for outcome, chance in expected.items() if chance > 0}
    for outcome, chance in expected.items():
        assert abs(drawn[outcome] / count - chance) <= 5 * (chance * (1 - chance) / count) ** 0.5


def test_the_policy_is_crop_flip_and_a_sub_policy() -> None:
    branches = AutoAugment(searched_on="cifar10", crop_area=(0.2, 1.0)).branches()
    assert branches.both == (config.Crop(area=(0.2, 1.0)), config.Flip(), config.SubPolicy(searched_on="cifar10"))
    assert branches.shared == branches.first == branches.second == ()
    assert AutoAugment().branches().both[2] == config.SubPolicy(searched_on="imagenet")

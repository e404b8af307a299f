"""AutoAugment (Cubuk et al. 2019): each image draws one of 25 pairs of operations.

The operations are torchvision's, but on values in [0, 1]. Operations that are defined on bytes (posterize, equalize,
autocontrast) round to bytes first. Results are not rounded to bytes, so they are within 2/255 of torchvision's result
for the same bytes.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.operations.adjust import adjust_brightness, adjust_contrast, adjust_saturation
from core.augment.operations.auto_augment_table import TABLES, Name, Table
from core.augment.operations.equalize import equalize
from core.augment.operations.levels import autocontrast, invert, posterize
from core.augment.operations.sharpness import adjust_sharpness
from core.augment.operations.solarize import solarize
from core.augment.operations.warp import rotate, shear_x, shear_y, translate_x, translate_y
from core.augment.select import apply_where, uniform
from core.config.operations import SubPolicy

TRANSLATION = 150 / 331
"""Longest translation, as a share of the side: 150 pixels of the 331 for which the policy was searched."""

OPERATIONS: dict[Name, Callable[[Tensor, Tensor], Tensor]] = {
    "ShearX": lambda images, amount: shear_x(images, 0.3 * amount),
    "ShearY": lambda images, amount: shear_y(images, 0.3 * amount),
    "TranslateX": lambda images, amount: translate_x(images, (TRANSLATION * images.shape[3] * amount).trunc()),
    "TranslateY": lambda images, amount: translate_y(images, (TRANSLATION * images.shape[2] * amount).trunc()),
    "Rotate": lambda images, amount: rotate(images, 30 * amount),
    "Brightness": lambda images, amount: adjust_brightness(images, 1 + 0.9 * amount),
    "Color": lambda images, amount: adjust_saturation(images, 1 + 0.9 * amount),
    "Contrast": lambda images, amount: adjust_contrast(images, 1 + 0.9 * amount),
    "Sharpness": lambda images, amount: adjust_sharpness(images, 1 + 0.9 * amount),
    "Posterize": lambda images, amount: posterize(images, (8 - 4 * amount.abs()).round()),
    "Solarize": lambda images, amount: solarize(images, 1 - amount.abs()),
    "AutoContrast": lambda images, amount: autocontrast(images),
    "Equalize": lambda images, amount: equalize(images),
    "Invert": lambda images, amount: invert(images),
}
"""Operations by name. Each takes an amount (B,) in [-1, 1], which is level / 9 with a sign; the last five have no
direction."""

NAMES = tuple(OPERATIONS)


def random_sub_policy(images: Tensor, generator: torch.Generator, config: SubPolicy) -> Tensor:
    """Apply a sub-policy drawn for each image, each of its two operations with its own probability."""
    table = TABLES[config.searched_on]
    drawn = draw_operations(images, generator, table)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, lambda some, *pairs: apply_pairs(some, table, *pairs), images, *drawn)


def draw_operations(images: Tensor, generator: torch.Generator, table: Table) -> tuple[Tensor, Tensor]:
    """Draw (operations, amounts), each (B, 2): positions in NAMES, or -1 for none, and amounts with equally likely
    signs."""
    pair = draw(partial(torch.randint, len(table)), images, generator)
    chance, sign = draw(torch.rand, images, generator, 2, first=(2,))
    operation, probability, level = _on_device(table, images.device)[:, pair]
    return torch.where(chance < probability, operation, -1), torch.where(sign < 0.5, -level, level) / 9


def _on_device(table: Table, device: torch.device) -> Tensor:
    """Return (3, 25, 2): position in NAMES, probability and level. Numbers are filled in one by one, since sending a
    list to a GPU waits for it."""
    rows = [(NAMES.index(name), probability, level or 0) for pair in table for name, probability, level in pair]
    numbers = [torch.full((), float(value), device=device) for column in zip(*rows, strict=True) for value in column]
    return torch.stack(numbers).view(3, len(table), 2)


def apply_pairs(images: Tensor, table: Table, operations: Tensor, amounts: Tensor) -> Tensor:
    """Apply to images (B, 3, H, W) in [0, 1] the pairs that ``draw_operations`` drew from ``table``."""
    for place in (0, 1):
        for name in dict.fromkeys(pair[place][0] for pair in table):
            now = operations[:, place] == NAMES.index(name)
            images = apply_where(now, OPERATIONS[name], images, amounts[:, place])
    return images

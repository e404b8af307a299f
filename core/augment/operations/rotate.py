"""Rotation by quarter turns."""

from functools import partial

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.select import apply_where, uniform
from core.config.operations import Rotate


def random_rotate(images: Tensor, generator: torch.Generator, config: Rotate) -> Tensor:
    """Rotate by 0, 90, 180 or 270 degrees, each equally likely (Sec 3, Figure 4)."""
    turns = draw(partial(torch.randint, 4), images, generator)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, quarter_turns, images, turns)


def quarter_turns(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate images (B, C, S, S) counter-clockwise by quarter turns (B,) from 0 to 3."""
    for turn in (1, 2, 3):
        images = apply_where(turns == turn, lambda some, k=turn: some.rot90(k, (2, 3)), images)
    return images

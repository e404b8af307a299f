"""Colour jitter: brightness, contrast, saturation and hue, in an order that is drawn for each sample."""

from functools import partial

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.operations.adjust import BRIGHTNESS, HUE, add_brightness, adjust_hue, blend, blend_released
from core.augment.select import apply_where, uniform
from core.config.data import COLORS
from core.config.operations import ColorForm, Jitter

RELEASED: tuple[ColorForm, ...] = ("released_v1", "released_v2")
"""Forms with the contrast and the saturation of TensorFlow."""
ADDED: tuple[ColorForm, ...] = ("released_v1", "additive")
"""Forms whose brightness is added."""


def random_jitter(images: Tensor, generator: torch.Generator, config: Jitter) -> Tensor:
    """Jitter by factors from U(max(0, 1 - d), 1 + d), by a hue shift from U(-d, d) and, in the forms that add
    brightness, by an amount of it from U(-d, d). Appendix A."""
    amounts = torch.stack([uniform(images, generator, low, high) for low, high in _ranges(config)], dim=1)
    order = draw(torch.rand, images, generator, 4).argsort(dim=1)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, partial(jitter, form=config.color_form), images, amounts, order)


def _ranges(config: Jitter) -> list[tuple[float, float]]:
    factors = [(max(0.0, 1 - d), 1 + d) for d in (config.brightness, config.contrast, config.saturation)]
    if config.color_form in ADDED:
        factors[0] = (-config.brightness, config.brightness)
    return [*factors, (-config.hue, config.hue)]


def jitter(images: Tensor, amounts: Tensor, order: Tensor, form: ColorForm = "torchvision") -> Tensor:
    """Jitter images (B, C, H, W) in [0, 1] by amounts (B, 4) of brightness, contrast, saturation and hue, in the order
    (B, 4), a permutation of 0 to 3 for each sample; clipped to [0, 1] after each of them.

    Hue is the costly one, and the other three are blends that one function does. So hue is applied once to all samples,
    and each sample's three blends come before it or after it. Images without colours have no hue.
    """
    hue_turn = order.argsort(dim=1)[:, HUE]
    turns = torch.arange(HUE, device=images.device).expand(len(images), -1)
    blends = order.gather(1, turns + (turns >= hue_turn[:, None]))
    factors = amounts.gather(1, blends)

    def blend_where(chosen: Tensor, turn: int) -> Tensor:
        return apply_where(chosen, partial(_blend, form=form), images, blends[:, turn], factors[:, turn])

    for turn in range(HUE):
        images = blend_where(turn < hue_turn, turn)
    images = adjust_hue(images, amounts[:, HUE]) if images.shape[1] == COLORS else images
    for turn in range(HUE):
        images = blend_where(turn >= hue_turn, turn)
    return images


def _blend(images: Tensor, which: Tensor, amount: Tensor, form: ColorForm) -> Tensor:
    """Change each sample's brightness, contrast or saturation, as ``which`` (B,) says, by its amount (B,)."""
    mixed = blend_released(images, which, amount) if form in RELEASED else blend(images, which, amount)
    if form not in ADDED:
        return mixed
    return torch.where((which == BRIGHTNESS)[:, None, None, None], add_brightness(images, amount), mixed)

"""Colour jitter: brightness, contrast, saturation and hue, in an order that is drawn for each sample.

All four are torchvision's; brightness may also be added, as in the code released for the paper.
"""

import torch
from torch import Tensor

from core.augment.draw import draw
from core.augment.operations.grayscale import luminance
from core.augment.select import apply_where, uniform
from core.config.operations import BrightnessForm, Jitter

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


def random_jitter(images: Tensor, generator: torch.Generator, config: Jitter) -> Tensor:
    """Jitter by factors from U(max(0, 1 - d), 1 + d) and a hue shift from U(-d, d), clipped to [0, 1] after each.
    Appendix A."""
    amounts = torch.stack([uniform(images, generator, low, high) for low, high in _ranges(config)], dim=1)
    order = draw(torch.rand, images, generator, 4).argsort(dim=1)
    chosen = uniform(images, generator) < config.probability
    return apply_where(
        chosen, lambda some, by, turn: jitter(some, by, turn, config.brightness_form), images, amounts, order
    )


def _ranges(config: Jitter) -> list[tuple[float, float]]:
    factors = [(max(0.0, 1 - d), 1 + d) for d in (config.brightness, config.contrast, config.saturation)]
    if config.brightness_form == "additive":
        factors[0] = (-config.brightness, config.brightness)
    return [*factors, (-config.hue, config.hue)]


def jitter(
    images: Tensor, amounts: Tensor, order: Tensor, brightness_form: BrightnessForm = "multiplicative"
) -> Tensor:
    """Jitter images (B, 3, H, W) in [0, 1] by amounts (B, 4) of brightness, contrast, saturation and hue, in the order
    (B, 4), a permutation of 0 to 3 for each sample.

    Hue is the costly one, and the other three are blends that one function does. So hue is applied once to all samples,
    and each sample's three blends come before it or after it.
    """
    hue_turn = order.argsort(dim=1)[:, HUE]
    turns = torch.arange(HUE, device=images.device).expand(len(images), -1)
    blends = order.gather(1, turns + (turns >= hue_turn[:, None]))
    factors = amounts.gather(1, blends)

    def blend_where(chosen: Tensor, turn: int) -> Tensor:
        return apply_where(chosen, blend, images, blends[:, turn], factors[:, turn])

    blend = _blend_additive if brightness_form == "additive" else _blend
    for turn in range(HUE):
        images = blend_where(turn < hue_turn, turn)
    images = adjust_hue(images, amounts[:, HUE])
    for turn in range(HUE):
        images = blend_where(turn >= hue_turn, turn)
    return images


def _blend(images: Tensor, which: Tensor, factor: Tensor) -> Tensor:
    """Change each sample's brightness, contrast or saturation, as ``which`` says, by its factor."""
    which = which[:, None, None, None]
    gray = luminance(images)
    other = torch.where(which == CONTRAST, gray.mean(dim=(2, 3), keepdim=True), gray * (which == SATURATION))
    return _mix(images, other, factor)


def _blend_additive(images: Tensor, which: Tensor, amount: Tensor) -> Tensor:
    brightened = add_brightness(images, amount)
    return torch.where((which == BRIGHTNESS)[:, None, None, None], brightened, _blend(images, which, amount))


def adjust_brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Scale the brightness of images (B, 3, H, W) by a factor (B,): 0 gives black, 1 the image itself."""
    return (images * factor[:, None, None, None]).clamp_(0, 1)


def add_brightness(images: Tensor, amount: Tensor) -> Tensor:
    """Add an amount (B,) to every value of images (B, 3, H, W)."""
    return (images + amount[:, None, None, None]).clamp_(0, 1)


def adjust_contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Scale the contrast by a factor (B,): 0 gives the image's mean luminance everywhere, 1 the image itself."""
    return _mix(images, luminance(images).mean(dim=(2, 3), keepdim=True), factor)


def adjust_saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Scale the saturation by a factor (B,): 0 gives the luminance, 1 the image itself."""
    return _mix(images, luminance(images), factor)


def adjust_hue(images: Tensor, shift: Tensor) -> Tensor:
    """Shift the hue by (B,) turns of the colour circle; HSV's saturation and value are kept."""
    red, green, blue = images.unbind(dim=1)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    is_red, is_green = value == red, value == green
    base = torch.where(is_red, 0.0, torch.where(is_green, 2.0, 4.0))
    difference = torch.where(is_red, green - blue, torch.where(is_green, blue - red, red - green))
    hue = torch.addcdiv(base, difference, chroma.clamp(min=1e-12)) + 6 * shift[:, None, None]
    # Each channel is value - chroma * clamp(min(k, 4 - k), 0, 1) for k = (offset + hue) mod 6. Written with
    # floor, since a remainder is slow on a CPU, and in place, since memory is what this costs.
    k = hue[:, None] + torch.arange(5.0, 0.0, -2.0, device=images.device)[:, None, None]  # 5, 3, 1
    share = k.sub_(k.div(6).floor_().mul_(6)).sub_(2).abs_().neg_().add_(2).clamp_(0, 1)
    return torch.addcmul(value[:, None], chroma[:, None], share, value=-1)


def _mix(images: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(other, images, factor[:, None, None, None]).clamp_(0, 1)

"""Brightness, contrast, saturation and hue of images, each sample by an amount of its own.

The forms are torchvision's, and TensorFlow's as ``tf.image`` has them, which the code released for the paper calls.
"""

import torch
from torch import Tensor

from core.augment.operations.grayscale import luminance

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


def blend(images: Tensor, which: Tensor, factor: Tensor) -> Tensor:
    """Scale each sample's brightness, contrast or saturation, as ``which`` (B,) says, by its factor (B,), as
    torchvision does."""
    which = which[:, None, None, None]
    gray = luminance(images)
    other = torch.where(which == CONTRAST, gray.mean(dim=(2, 3), keepdim=True), gray * (which == SATURATION))
    return _mix(images, other, factor)


def blend_released(images: Tensor, which: Tensor, factor: Tensor) -> Tensor:
    """Scale each sample's brightness, contrast or saturation, as ``which`` (B,) says, by its factor (B,), as TensorFlow
    does: contrast about each channel's own mean, saturation in HSV, where it ends at 1.

    HSV's saturation S = (V - min) / V is scaled while V and the hue are kept, if every channel's distance from V = max
    is scaled by the same factor. S ends at 1 where that factor is V / (V - min).
    """
    which, factor = which[:, None, None, None], factor[:, None, None, None]
    value = images.amax(dim=1, keepdim=True)
    most = value / (value - images.amin(dim=1, keepdim=True))  # infinite or NaN where a pixel is grey, and stays it
    other = torch.where(which == CONTRAST, images.mean(dim=(2, 3), keepdim=True), value * (which == SATURATION))
    factor = torch.where(which == SATURATION, torch.fmin(factor, most), factor)
    return torch.lerp(other, images, factor).clamp_(0, 1)


def adjust_brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Scale the brightness of images (B, C, H, W) by a factor (B,): 0 gives black, 1 the image itself."""
    return (images * factor[:, None, None, None]).clamp_(0, 1)


def add_brightness(images: Tensor, amount: Tensor) -> Tensor:
    """Add an amount (B,) to every value of images (B, C, H, W)."""
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

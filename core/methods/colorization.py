"""Colorization: a decoder predicts the colours of a view from the representation of its lightness (Zhang et al.
2016)."""

import torch
from torch import Tensor

from core.methods.autoencoder import Autoencoder

XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
"""CIE XYZ of linear sRGB, one row each (IEC 61966-2-1, white D65)."""


class Colorization(Autoencoder):
    """A regression of a and b from L."""

    def shown(self, whole: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor]:
        lightness, colours = (lab(whole) / 100).split((1, 2), dim=1)
        return lightness.expand_as(whole), colours


def lab(images: Tensor) -> Tensor:
    """Return CIE Lab (B, 3, H, W) of sRGB images (B, 3, H, W) in [0, 1]: L from 0 to 100, a and b from about -108 to
    99."""
    linear = torch.where(images <= 0.04045, images / 12.92, ((images + 0.055) / 1.055) ** 2.4)
    matrix = images.new_tensor(XYZ)
    xyz = torch.einsum("ij,bjhw->bihw", matrix / matrix.sum(dim=1, keepdim=True), linear)  # white is (1, 1, 1)
    cut = 6 / 29
    x, y, z = torch.where(xyz > cut**3, xyz.clamp(min=cut**3) ** (1 / 3), xyz / (3 * cut**2) + 4 / 29).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)

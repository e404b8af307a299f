"""Denoising: a decoder reconstructs a view from the representation of a noisy one (Vincent et al. 2008)."""

import torch
from torch import Tensor

from core.augment.draw import draw
from core.methods.autoencoder import Autoencoder


class Denoising(Autoencoder):
    """An autoencoder that cannot copy its input."""

    def shown(self, whole: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor]:
        noisy = whole + self.settings.sigma * draw(torch.randn, whole, draws, *whole.shape[1:])
        kept = draw(torch.rand, whole, draws, 1, *whole.shape[2:]) >= self.settings.dropped
        return noisy.clamp(0, 1) * kept, whole

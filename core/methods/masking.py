"""Inpainting and masked squares: a decoder reconstructs hidden parts of a view from the representation of the rest."""

import torch
from torch import Tensor

from core.augment.draw import draw
from core.config.data import COLORS
from core.methods.autoencoder import Autoencoder

MEAN_COLOUR = (117 / 255, 104 / 255, 123 / 255)
"""Colour of hidden pixels: ``train.lua`` of pathak22/context-encoder."""

Hidden = tuple[Tensor, Tensor]
"""Whole views (B, C, S, S), and bool (B, 1, S, S): the pixels that are hidden."""


class Masked(Autoencoder):
    """Base of the methods that hide pixels, as many in every view, and count the error of these alone."""

    def mask(self, whole: Tensor, draws: torch.Generator) -> Tensor:
        """Return bool (B, 1, S, S), the pixels of views (B, C, S, S) that are hidden."""
        raise NotImplementedError

    def shown(self, whole: Tensor, draws: torch.Generator) -> tuple[Tensor, Hidden]:
        mask, colour = self.mask(whole, draws), whole.new_tensor(hidden_colour(whole.shape[1]))[:, None, None]
        return torch.where(mask, colour, whole), (whole, mask)

    def error(self, picture: Tensor, known: Hidden) -> Tensor:
        """Return the mean of (reconstruction - view)^2 over the hidden pixels and their colours."""
        whole, mask = known
        return ((picture - whole).square() * mask).sum() / (picture.shape[1] * mask.sum())


def hidden_colour(channels: int) -> tuple[float, ...]:
    """Return the value of hidden pixels in each channel: that of ``MEAN_COLOUR``, or its mean where channels are not
    red, green and blue."""
    return MEAN_COLOUR if channels == COLORS else (sum(MEAN_COLOUR) / COLORS,) * channels


class Inpainting(Masked):
    """A hole in the middle (Pathak et al. 2016)."""

    def mask(self, whole: Tensor, draws: torch.Generator) -> Tensor:
        side = whole.shape[-1]
        hole = self.settings.hole(side)
        start = (side - hole) // 2
        mask = whole.new_zeros(len(whole), 1, side, side, dtype=torch.bool)
        mask[:, :, start : start + hole, start : start + hole] = True
        return mask


class MaskedSquares(Masked):
    """Squares at random places."""

    def mask(self, whole: Tensor, draws: torch.Generator) -> Tensor:
        squares = self.settings.squares
        order = draw(torch.rand, whole, draws, squares**2).argsort(dim=1).argsort(dim=1)
        hidden: Tensor = (order < self.settings.hidden_squares).view(-1, 1, squares, squares)
        pixels = whole.shape[-1] // squares
        return hidden.repeat_interleave(pixels, dim=2).repeat_interleave(pixels, dim=3)

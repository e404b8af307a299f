"""Targets of views that show two images each."""

from typing import NamedTuple

import torch
from torch import Tensor


class MixedTargets(NamedTuple):
    """The targets of a loss for views that show another image too."""

    others: Tensor
    """Target of the other image in each view, int64 (N,): its label, or its position among the views that are
    compared."""
    shares: Tensor
    """Share of each view that is the image itself, float32 (N,)."""

    def weigh(self, own: Tensor, other: Tensor) -> Tensor:
        """Return the mean (N,) of a number (N,) for the target of the image itself and one for that of the other image,
        by their shares."""
        return torch.lerp(other, own, self.shares.to(own.dtype))

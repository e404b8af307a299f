"""Colorization (Zhang et al. 2016), as a regression."""

from typing import TYPE_CHECKING, Literal

from core.config.data import COLORS
from core.config.methods.base import METHODS
from core.config.methods.reconstruction import Reconstruction

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.colorization:Colorization")
class Colorization(Reconstruction):
    """A decoder predicts the colours a and b of a view from h, and the encoder saw its lightness L.

    The colour space is CIE Lab (D65). L / 100 is shown as three equal channels, so that the encoder is one for colour
    images too; it is scored on colour images like any other, which it was not trained on. The error is that of a / 100
    and b / 100, of which every pixel has two. Zhang et al. 2016 predict 313 bins of colours that are weighted by their
    rarity, and compare with a regression, which is greyer (from memory). The decoder is that of ``autoencoder``: ours,
    from the pooled h, where theirs is dense.
    """

    kind: Literal["colorization"] = "colorization"

    def channels(self, pretrain: "PretrainConfig") -> int:
        """Return 2, for a and b."""
        return 2

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where images have no colour to predict, or the policy leaves none."""
        if pretrain.data.channels != COLORS:
            raise ValueError(
                f"loss.kind colorization predicts colours, and data.channels is {pretrain.data.channels}; take "
                f"data.channels: {COLORS}, or loss.kind autoencoder"
            )
        operations = pretrain.augment.branches().first_branch
        if any(operation.kind == "grayscale" and operation.probability == 1 for operation in operations):
            raise ValueError(
                "loss.kind colorization predicts colours, and augment drops those of every view; take grayscale out of "
                "augment"
            )

"""Masked images: inpainting (Pathak et al. 2016), and squares that are hidden at random."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.methods.base import METHODS
from core.config.methods.reconstruction import Reconstruction

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.masking:Inpainting")
class Inpainting(Reconstruction):
    """A decoder reconstructs the hole in the middle of a view from what is around it (Pathak et al. 2016, "context
    encoder").

    The error is that of the hole alone. The hole has the mean colour of the released code (pathak22/context-encoder).
    Left out are its adversarial loss, since the squared error is best for features (a lecture's summary of the paper),
    and its border of 4 pixels that is reconstructed, with ten times the weight, although it is seen. The decoder is
    that of ``autoencoder``.
    """

    kind: Literal["inpainting"] = "inpainting"

    side: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Side of the hole as a share of the view's. Released code: a half."""

    def hole(self, image_size: int) -> int:
        """Side of the hole in pixels."""
        return round(self.side * image_size)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the hole has no pixel, or all."""
        size = pretrain.data.image_size
        if not 0 < self.hole(size) < size:
            raise ValueError(
                f"loss.side is {self.side:g}, so the hole of a view of {size} pixels has a side of {self.hole(size)}; "
                "take 0.5"
            )


@METHODS.add("core.methods.masking:MaskedSquares")
class MaskedSquares(Reconstruction):
    """A decoder reconstructs squares of a view that the encoder did not see, at random places.

    Ours. It is no masked autoencoder (He et al. 2022), whose transformer leaves hidden patches out: a convolution sees
    them, in the mean colour of ``inpainting``, and has no such holes when it is scored. The error is that of the hidden
    pixels alone. The decoder is that of ``autoencoder``.
    """

    kind: Literal["masked_squares"] = "masked_squares"

    squares: Annotated[int, Field(ge=2)] = 8
    """Squares along a side of the view, which they cover without gaps."""

    hidden: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the squares that are hidden, the same number in every view. Masked autoencoders: 0.75."""

    @property
    def hidden_squares(self) -> int:
        """Number of squares that are hidden in a view."""
        return round(self.hidden * self.squares**2)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the squares do not cover a view, or none or all of them are hidden."""
        size, count = pretrain.data.image_size, self.squares**2
        if size % self.squares:
            fitting = [number for number in range(2, size + 1) if size % number == 0]
            near = min(fitting, key=lambda number: abs(number - self.squares))
            raise ValueError(
                f"loss.squares is {self.squares}, which does not divide data.image_size {size}; take {near}"
            )
        if not 0 < self.hidden_squares < count:
            raise ValueError(
                f"loss.hidden is {self.hidden:g}, so {self.hidden_squares} of {count} squares are hidden; take 0.5"
            )

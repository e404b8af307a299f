"""Denoising autoencoders (Vincent et al. 2008)."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.methods.base import METHODS
from core.config.methods.reconstruction import Reconstruction


@METHODS.add("core.methods.denoising:Denoising")
class Denoising(Reconstruction):
    """A decoder reconstructs the view from h, and the encoder saw it with noise (Vincent et al. 2008, from memory).

    The decoder is that of ``autoencoder``, and so is the error, over all pixels. The paper drops pixels of digits;
    noise that is added is of its successor (Vincent et al. 2010, from memory). Defaults are ours.
    """

    kind: Literal["denoising"] = "denoising"

    sigma: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Standard deviation of the Gaussian noise on every value, for pixel values from 0 to 1. Values are clipped
    afterwards."""

    dropped: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Probability that a pixel is black, in all its channels."""

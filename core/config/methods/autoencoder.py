"""Autoencoders, plain and sparse."""

from typing import Literal

from core.config.methods.base import METHODS
from core.config.methods.reconstruction import Reconstruction


@METHODS.add("core.methods.autoencoder:Autoencoder")
class Autoencoder(Reconstruction):
    """A decoder reconstructs the view from h, with the least squared error.

    Everything that is reconstructed must be in h, colour and place included, which is not what tells classes apart. The
    decoder is ours: it mirrors the encoder, with half the channels each time the side doubles. ``head`` is ignored.
    """

    kind: Literal["autoencoder"] = "autoencoder"

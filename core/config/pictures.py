"""The protocols that look at images and at no encoder: the pictures of what the augmentations do.

The paper shows them in Figures 4 and 6. ``epochs: 0`` spares the training.
"""

from typing import Annotated, Literal

from pydantic import Field

from core.config.augment import Strength
from core.config.probes import Count, Seed
from core.config.protocol import Protocol


class ExampleViews(Protocol):
    """A training image under each of the augmentations that the paper studies (Figure 4)."""

    protocol: Literal["example_views"] = "example_views"

    image: Annotated[int, Field(ge=0)] = 0
    """Which one, by its number in a random order."""
    seed: Seed | None = None
    """Of that order and of the augmentations. None: the training's, so that every seed of a study has its own."""


class ColourHistograms(Protocol):
    """The histograms of the pixel values of several crops of an image, by which a network could tell whose crops they
    are without knowing what they show (Sec 3.1, Figure 6).

    The paper shows two images, without and with colour distortion. Of how well the histograms tell images apart it
    has no number; the metrics are ours.
    """

    protocol: Literal["colour_histograms"] = "colour_histograms"

    strength: Strength = 1.0
    """s of the colour distortion. Figure 6(b) is with the paper's, 1; 0 leaves the crops as they are, Figure 6(a)."""
    images: Annotated[int, Field(ge=2)] = 100
    """Training images, drawn at random, that the metrics are of; all, where there are fewer."""
    shown: Count = 2
    """Of them, those that are kept for the picture. Figure 6: 2."""
    crops: Annotated[int, Field(ge=2)] = 4
    """Of every image. Figure 6: 4."""
    bins: Literal[8, 16, 32, 64, 128, 256] = 32
    """Of a histogram, over all channels together. Not in the paper."""
    seed: Seed | None = None
    """Of the images, the crops and the distortion. None: the training's, so that every seed of a study has its own."""

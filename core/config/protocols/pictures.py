"""Protocols that look at images and at no encoder: pictures of what the augmentations do.

The paper shows them in Figures 4 and 6. ``epochs: 0`` saves the training.
"""

from typing import Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.operations import ColorForm
from core.config.policies import Strength
from core.config.protocols.base import PROTOCOLS, Count, Protocol, Seed


@PROTOCOLS.add("core.evaluation.protocols.example_views:score_example_views")
class ExampleViews(Protocol):
    """A training image under each of the augmentations that the paper studies (Figure 4)."""

    several_labels = True
    needs_labels = False

    added_later = {"color_form": "torchvision"}
    reads_representation = False

    protocol: Literal["example_views"] = "example_views"

    image: Annotated[int, Field(ge=0)] = 0
    """Number of the training image, in a random order."""
    color_form: ColorForm = "torchvision"
    """Arithmetic of the colour jitter; see the operation ``jitter``. The paper's results are of ``released_v1``
    (footnote 12)."""
    seed: Seed | None = None
    """Seed of that order and of the augmentations. None: the training's, so that every seed of a study has its own."""

    @property
    def needs_color(self) -> bool:
        return True

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        label = "change of a pixel by the augmentations (% of its range, ours)"
        return (Measure("example_views/change", label),)


@PROTOCOLS.add("core.evaluation.protocols.colour_histograms:score_colour_histograms")
class ColourHistograms(Protocol):
    """Histograms of the pixel values of several crops of an image. A network could use them to recognise crops of one
    image without knowing what they show (Sec 3.1, Figure 6).

    The paper shows two images, without and with colour distortion. It has no number for how well the histograms
    distinguish images; the metrics are ours.
    """

    several_labels = True
    needs_labels = False

    reads_representation = False
    added_later = {"color_form": "torchvision"}

    protocol: Literal["colour_histograms"] = "colour_histograms"

    strength: Strength = 1.0
    """s of the colour distortion. Figure 6(b) is with the paper's, 1; 0 leaves the crops as they are, without grayscale
    too, Figure 6(a)."""
    color_form: ColorForm = "torchvision"
    """Arithmetic of the colour jitter; see the operation ``jitter``. The paper's results are of ``released_v1``
    (footnote 12)."""
    images: Annotated[int, Field(ge=2)] = 100
    """Training images, drawn at random, that the metrics are computed on, at most all."""
    shown: Count = 2
    """Number of these images that are kept for the picture. Figure 6: 2."""
    crops: Annotated[int, Field(ge=2)] = 4
    """Crops of every image. Figure 6: 4."""
    bins: Literal[8, 16, 32, 64, 128, 256] = 32
    """Bins of a histogram, over all channels together. Not in the paper."""
    seed: Seed | None = None
    """Seed of the images, the crops and the distortion. None: the training's, so that every seed of a study has its
    own."""

    @property
    def needs_color(self) -> bool:
        return True

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (
            Measure("colour_histograms/same_image", "crops told by their histogram (%, ours)"),
            Measure("colour_histograms/distance_same", "distance of histograms, one image (%, ours)"),
            Measure("colour_histograms/distance_other", "distance of histograms, two images (%, ours)"),
        )

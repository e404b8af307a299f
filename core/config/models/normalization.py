"""How an encoder normalises the views that it is given."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from core.config.base import Config
from core.config.data import COLORS

PerChannel = Annotated[tuple[float, ...], Strict(False), Field(min_length=1)]
Positive = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Strict(False), Field(min_length=1)]
Moments = Annotated[tuple[PerChannel, Positive], Strict(False)]
"""Mean and standard deviation of each channel, of values from 0 to 1."""
OF_DATA = "data"
Normalization = Literal["none", "imagenet", "data"] | Moments

IMAGENET: Moments = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Moments of ImageNet's pixels, by colour, as in torchvision."""


class Normalizing(Config):
    """Base of the encoders that can normalise their views, after every augmentation."""

    normalize: Normalization = "none"
    """Normalisation of the views, by a mean and a deviation of each channel. ``none``: they are in [0, 1], as in the
    paper. ``imagenet``: by ImageNet's, as weights of other programs often expect. ``data``: by those of the training
    images, measured before the first step and kept with the encoder. ``[[0.5], [0.25]]``: by these, means first."""

    @property
    def moments(self) -> Moments | Literal["data"] | None:
        """Moments by which views are normalised; ``data`` where they are measured on the training images, None for
        views in [0, 1] as they are."""
        named: dict[object, Moments | None] = {"none": None, "auto": None, "imagenet": IMAGENET}
        return named.get(self.normalize, self.normalize)  # type: ignore[arg-type]

    def check_moments(self, channels: int) -> None:
        """Raise ValueError where there are not as many moments as channels."""
        if self.normalize == "imagenet" and channels != COLORS:
            raise ValueError(
                f"encoder.normalize is imagenet, which has {COLORS} channels, and data.channels is {channels}; "
                "take data"
            )
        if isinstance(self.normalize, tuple) and {len(each) for each in self.normalize} != {channels}:
            raise ValueError(
                f"encoder.normalize is {[list(each) for each in self.normalize]}, and data.channels is {channels}; "
                "write a mean and a deviation for each channel: [[means], [deviations]]"
            )

"""Images that are mixed with others of their batch, for losses that can share out what is told of an image."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Config, Probability
from core.config.registry import Registry


class MixConfig(Config):
    """Base of the ways to mix an image with another one of its batch. The target of the loss is mixed by the share of
    each: its label, or the other view that it resembles."""

    kind: str
    alpha: Annotated[float, Field(gt=0)] = 1.0
    """Parameter of Beta(alpha, alpha), from which the share of each image in its own view is drawn. 1: all shares are
    equally likely; near 0: most views are of one image."""
    probability: Probability = 1.0
    """Probability that an image is mixed at all, drawn for each image on its own."""


MIXES: Registry[MixConfig] = Registry("mix", MixConfig, tag="kind", default="mixup")
"""Ways to mix, each with its function ``(shares, places, side) -> weights``. It is given the share of each image in its
own view, float32 (B,), and a point of it, (B, 2) in [0, 1). It returns the weight of the image's own pixels, float32
(B, 1, side, side) or (B, 1, 1, 1); the rest is the other image's."""


Mix = Annotated[MixConfig, MIXES]
"""A way to mix, with its settings."""


@MIXES.add("core.augment.mixing:mixup")
class Mixup(MixConfig):
    """The weighted mean of two images (Zhang et al. 2018). Not in the paper. Zhang et al.: ``alpha`` 1 for CIFAR-10,
    0.2 for ImageNet."""

    kind: Literal["mixup"] = "mixup"


@MIXES.add("core.augment.mixing:cutmix")
class CutMix(MixConfig):
    """A square of another image, pasted at a random place and cut off at the border (Yun et al. 2019). Not in the
    paper. Yun et al.: ``alpha`` 1, ``probability`` 0.5 for CIFAR and 1 for ImageNet."""

    kind: Literal["cutmix"] = "cutmix"

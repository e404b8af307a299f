"""Instance discrimination (Wu et al. 2018)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.errors import DataError

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.instance_discrimination:InstanceDiscrimination")
class InstanceDiscrimination(MethodConfig):
    """Every image is a class of its own, told by a memory of all images' projections (Wu et al. 2018).

    Defaults are those of the released code (zhirongw/lemniscate.pytorch) for ImageNet: noise-contrastive estimation
    with 4096 entries of the memory as noise. Its head is one layer: ``head: {kind: linear, last_norm: none}``. For
    CIFAR-10 it takes a softmax over all images, ``negatives: 0``, and a temperature of 0.1.

    The released code estimates the normaliser Z of noise-contrastive estimation in the first step and keeps it. Entries
    are random then. In a short training they soon become alike, so Z is far too small, and the loss rises above
    ln(m + 1) + 1, the loss of a guess. ``normaliser_momentum`` lets Z follow.
    """

    added_later = {"normaliser_momentum": 1.0}
    remedy = "loss.normaliser_momentum: 0.9, or loss.negatives: 0 for a softmax"
    measures = (Measure("memory_top1", "images told (%)"), SPREAD)

    kind: Literal["instance_discrimination"] = "instance_discrimination"

    negatives: Annotated[int, Field(ge=0)] = 4096
    """m: entries of other images that are drawn for each image, with replacement, as in the released code. 0: all, in a
    softmax over the whole memory, whose operations the plan does not count."""

    temperature: Annotated[float, Field(gt=0)] = 0.07
    """tau. Released code: 0.07; for CIFAR-10: 0.1."""

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of itself that an entry keeps when its image is seen; it is normalised afterwards. Released code: 0.5."""

    normaliser_momentum: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of itself that the normaliser Z keeps in a step; the rest is the step's own estimate. 1: the first step's,
    as in the released code. MoCo's first author advises 0.99 for ImageNet (HobbitLong/CMC, issue 23). Few steps need
    less. Not used with ``negatives: 0``."""

    proximal: Annotated[float, Field(ge=0)] = 0.0
    """lambda: weight of the squared distance between a projection and its image's entry. Released code: none; paper: 30
    (from memory)."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with one view of every image."""
        return (Pass(1, image_size),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        entries = (self.negatives + 1) * pretrain.projection_width if self.negatives else 0
        return product_flops(pretrain.head.weights(pretrain.encoder.output), trained=1) + 2 * 2 * entries

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, of all images' entries, and of the logits of a batch with their entries."""
        width = pretrain.projection_width
        each = (self.negatives + 1) * (width + SOFTMAX) if self.negatives else SOFTMAX * images
        head = trained_bytes(pretrain.head.weights(pretrain.encoder.output))
        return head + NUMBER * (images * width + pretrain.batch_size * each)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        """Return ln n for the softmax over n images, and ln(m + 1) + m ln(1 + 1 / m) for noise-contrastive estimation
        where every entry has p = 1 / n. An entry that is orthogonal to the projection adds 2 lambda."""
        m = self.negatives
        told = math.log(m + 1) + m * math.log1p(1 / m) if m else math.log(images)
        return told + 2 * self.proximal

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where there are no more images than negatives."""
        if self.negatives >= images:
            raise DataError(
                f"loss.negatives is {self.negatives:,}, but there are {images:,} training images to draw them from; "
                "lower it, or take 0 for all in a softmax"
            )

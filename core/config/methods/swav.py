"""SwAV (Caron et al. 2020)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.config.operations import Share
from core.errors import DataError

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

ASSIGNED = 2
"""Views of an image that get a code: the two large ones."""


@METHODS.add("core.methods.swav:SwAV")
class SwAV(MethodConfig):
    """Each view predicts the code of the other, which is its assignment to prototypes that a batch shares evenly (Caron
    et al. 2020).

    Defaults are those of the released code (facebookresearch/swav). Its head has a hidden layer of 2048 and no last
    batch norm: ``head: {hidden: 2048, output: 128, last_norm: none}``.
    """

    measures = (
        Measure("code_top1", "codes predicted (%)"),
        Measure("prototypes_used", "prototypes that codes use (of a uniform use)"),
        SPREAD,
    )

    kind: Literal["swav"] = "swav"

    prototypes: Annotated[int, Field(ge=2)] = 3000
    """Number of prototypes. Released code: 3000."""

    temperature: Annotated[float, Field(gt=0)] = 0.1
    """tau of the predictions. Released code: 0.1."""

    epsilon: Annotated[float, Field(gt=0)] = 0.05
    """Temperature of the codes. Released code: 0.05; its README lowers it to 0.03 where the loss stays at
    ln(prototypes)."""

    iterations: Annotated[int, Field(ge=1)] = 3
    """Iterations of Sinkhorn and Knopp's algorithm. Released code: 3."""

    queue: Annotated[int, Field(ge=0)] = 0
    """Earlier projections of each view that get codes beside those of the batch, for small batches. Released code: 0;
    3840 at a batch of 256."""

    queue_epoch: Annotated[int, Field(ge=0)] = 15
    """Epoch, counted from 0, from which the queue is filled; it is used once it is full. Released code: 15."""

    frozen_epochs: Annotated[float, Field(ge=0)] = 1.0
    """Epochs at the start in which prototypes are not trained. Released code: one, 313 steps at a batch of 4096."""

    small_crops: Annotated[int, Field(ge=0)] = 0
    """Small views of each image, which predict the codes of the large ones and have none ("multi-crop").
    Released code: 6 for its best models; the comparisons on CIFAR-10 have none."""

    small_size: Annotated[int, Field(ge=8)] = 96
    """Side of a small view in pixels. Released code: 96, beside 224."""

    small_area: Share = (0.05, 0.14)
    """Share of the image that the crop of a small view covers, in place of that of ``augment``. Released code: 0.05 to
    0.14, beside 0.14 to 1."""

    @property
    def views(self) -> int:
        """Views of each image."""
        return ASSIGNED + self.small_crops

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for the large views, and one for the small ones."""
        large = Pass(ASSIGNED, image_size)
        return (large, Pass(self.small_crops, self.small_size)) if self.small_crops else (large,)

    def flops(self, pretrain: "PretrainConfig") -> int:
        return product_flops(self._weights(pretrain), trained=self.views)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, the prototypes and the queue, and of the scores of a batch."""
        queue = ASSIGNED * self.queue * pretrain.projection_width
        scores = SOFTMAX * self.views * pretrain.batch_size * self.prototypes
        return trained_bytes(self._weights(pretrain)) + NUMBER * (queue + scores)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(self.prototypes)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the queue cannot hold a batch, or small views are not smaller."""
        if 0 < self.queue < pretrain.batch_size:
            raise ValueError(
                f"loss.queue is {self.queue:,}, but a batch has {pretrain.batch_size:,} images; take as many or more, "
                "or 0 for none"
            )
        if self.small_crops and self.small_size >= pretrain.data.image_size:
            raise ValueError(
                f"loss.small_size is {self.small_size}, but large views have data.image_size "
                f"{pretrain.data.image_size}; lower it"
            )

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where there are more prototypes than images."""
        if self.prototypes > images:
            raise DataError(
                f"loss.prototypes is {self.prototypes:,}, but there are {images:,} training images to share them; "
                "lower it"
            )

    def _weights(self, pretrain: "PretrainConfig") -> int:
        return pretrain.head.weights(pretrain.encoder.output) + self.prototypes * pretrain.projection_width

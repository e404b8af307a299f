"""i-Mix: contrastive learning of mixed images."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.config.methods.mixing import Mix, Mixup

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.i_mix:IMix")
class IMix(MethodConfig):
    """The first view of every image is mixed with that of another image, and finds the second views of both among those
    of the batch, each by its share (Lee et al. 2021, i-Mix with the N-pair loss, Algorithm 1).

    Only first views look for second ones, so that there are N - 1 negatives. As in the released code (kibok90/imix),
    the image itself is the larger part of its view, and both views pass the encoder in one batch. The released code
    draws one share a batch for CutMix; here it is one for each image.
    """

    measures = (
        Measure("entropy", "entropy of the contrastive distribution (nats)"),
        Measure("contrastive_top1", "contrastive accuracy (%)"),
    )

    kind: Literal["i_mix"] = "i_mix"

    temperature: Annotated[float, Field(gt=0)] = 0.2
    """tau. Released code: 0.2 for images."""
    mix: Mix | None = Mixup()
    """How first views are mixed. Lee et al.: ``mixup`` with ``alpha`` 1 for CIFAR-10, 0.2 for ImageNet. None: not at
    all, which is their N-pair baseline."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with both views, so that batch norm sees all 2N."""
        return (Pass(2, image_size),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        """Return the operations of the head and of the comparison of all first views with all second ones."""
        head = 2 * pretrain.head.weights(pretrain.encoder.output)
        return product_flops(head + pretrain.batch_size * pretrain.projection_width, trained=1)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, and of the logits of a batch."""
        logits = SOFTMAX * pretrain.batch_size**2
        return trained_bytes(pretrain.head.weights(pretrain.encoder.output)) + NUMBER * logits

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(pretrain.batch_size)

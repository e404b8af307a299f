"""MoCo v3 (Chen, Xie and He 2021)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.moco_v3:MoCoV3")
class MoCoV3(MethodConfig):
    """A predictor finds the key of the image's other view among those of the batch, which a slow key encoder made
    (Chen, Xie and He 2021).

    Defaults are those of the released code (facebookresearch/moco-v3) for ResNet-50. Its head has a hidden layer of
    4096 and a last batch norm without parameters: ``head: {hidden: 4096, output: 256, last_norm: plain}``.
    """

    measures = (Measure("key_top1", "keys found (%)"), SPREAD)
    has_target = True

    kind: Literal["moco_v3"] = "moco_v3"

    predictor: bool = True
    """Whether there is a predictor. Paper: it adds to a method that works without (from memory)."""

    hidden: Annotated[int, Field(ge=1)] = 4096
    """Width of the predictor's hidden layer. Released code: 4096."""

    momentum: Annotated[float, Field(ge=0, le=1)] = 0.99
    """Share of itself that the key encoder keeps in the first step; the share rises to 1 on a cosine. Released code:
    0.99 for 100 and 300 epochs, 0.996 for 1000."""

    temperature: Annotated[float, Field(gt=0)] = 1.0
    """tau. Released code: 1."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each of the two views as a query, and one for each as a key."""
        query, key = Pass(1, image_size), Pass(1, image_size, has_gradient=False)
        return query, query, key, key

    def flops(self, pretrain: "PretrainConfig") -> int:
        head, predictor = pretrain.head.weights(pretrain.encoder.output), self._predictor(pretrain)
        logits = 2 * 2 * 2 * pretrain.batch_size * pretrain.projection_width  # keys have no gradient
        return product_flops(head, trained=2, seen=2) + product_flops(predictor, trained=2) + logits

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of both heads, of the predictor, and of the logits of a batch."""
        head = pretrain.head.weights(pretrain.encoder.output)
        logits = SOFTMAX * 2 * pretrain.batch_size**2
        return trained_bytes(head + self._predictor(pretrain)) + NUMBER * (head + logits)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        """Return 2 tau times the logarithm of the number of keys, for each of the two views."""
        return 2 * 2 * self.temperature * math.log(pretrain.batch_size)

    def _predictor(self, pretrain: "PretrainConfig") -> int:
        return 2 * pretrain.projection_width * self.hidden if self.predictor else 0

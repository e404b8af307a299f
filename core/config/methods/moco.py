"""MoCo (He et al. 2020; Chen, Fan, Girshick and He 2020)."""

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.config.methods.limits import check_queue

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.moco:MoCo")
class MoCo(MethodConfig):
    """A view finds the key of the image's other view among a queue of earlier keys, which a slow key encoder made (He
    et al. 2020).

    Defaults are those of MoCo v2 in the released code (facebookresearch/moco). Its head has no batch norm:
    ``head: {hidden_norm: false, last_norm: none}``. MoCo v1 has ``head: {kind: linear, last_norm: none}`` and a
    temperature of 0.07. Shuffled batch norm is ``batch_norm_chunk``: keys are dealt out to chunks by a draw of their
    own. The released code has 32 views to a chunk, that for CIFAR-10 64.

    SimCLRv2's memory is ``{symmetric: true, batch_negatives: true, temperature: 0.1}`` with a queue of 65536 and a
    momentum of 0.999, which its large batches gain about 1 % from (its section 2; the rest is from memory).
    """

    added_later: ClassVar = {"batch_negatives": False}

    measures = (Measure("queue_top1", "keys found (%)"), SPREAD)
    has_target = True

    kind: Literal["moco"] = "moco"

    queue: Annotated[int, Field(ge=1)] = 65536
    """K: earlier keys, the negatives. Released code: 65536; for CIFAR-10: 4096. More than there are training images
    without a batch's would hold older keys of the images at hand."""

    momentum: Annotated[float, Field(ge=0, le=1)] = 0.999
    """m: share of itself that the key encoder keeps in a step. Released code: 0.999; for CIFAR-10: 0.99."""

    temperature: Annotated[float, Field(gt=0)] = 0.2
    """tau. MoCo v2: 0.2; v1: 0.07; for CIFAR-10: 0.1."""

    symmetric: bool = False
    """Whether both views are queries in turn, at twice the cost. Released code: no; for CIFAR-10 it is a choice, which
    "behaves like 2x epochs" of the other."""

    batch_negatives: bool = False
    """Whether the keys of the batch's other images are negatives too. Released code: no."""

    @property
    def copies(self) -> int:
        """Queries of each image, and keys."""
        return 2 if self.symmetric else 1

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each view that is a query, and one for each that is a key."""
        query, key = Pass(1, image_size), Pass(1, image_size, has_gradient=False)
        return (query,) * self.copies + (key,) * self.copies

    def flops(self, pretrain: "PretrainConfig") -> int:
        head = pretrain.head.weights(pretrain.encoder.output)
        logits = 2 * 2 * self._candidates(pretrain) * pretrain.projection_width  # keys have no gradient
        return product_flops(head, self.copies, self.copies) + self.copies * logits

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of both heads, of the queue, and of the logits of a batch."""
        head, keys = pretrain.head.weights(pretrain.encoder.output), self.queue * pretrain.projection_width
        logits = SOFTMAX * self.copies * pretrain.batch_size * self._candidates(pretrain)
        return trained_bytes(head) + NUMBER * (head + keys + logits)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        """Return the logarithm of the number of keys."""
        return math.log(1 + self._candidates(pretrain) - self.batch_negatives)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the queue cannot hold the keys of a batch."""
        keys = self.copies * pretrain.batch_size
        if pretrain.epochs and self.queue < keys:
            raise ValueError(f"loss.queue is {self.queue:,}, but a batch has {keys:,} keys; take {keys:,} or more")

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where the queue has older keys of the images that are asked for."""
        check_queue(self.queue, self.copies, pretrain, images)

    def _candidates(self, pretrain: "PretrainConfig") -> int:
        """Number of negatives of a query."""
        return self.queue + self.batch_negatives * pretrain.batch_size

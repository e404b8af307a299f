"""LooC: leave-one-out contrastive learning (Xiao et al. 2021)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Strict

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.config.methods.limits import check_queue

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


Kinds = Annotated[tuple[str, ...], Strict(False), Field(min_length=1)]
"""Kinds of operations."""


@METHODS.add("core.methods.looc:LooC")
class LooC(MethodConfig):
    """MoCo in several embedding spaces over one encoder: one is invariant to all augmentations, each of the others to
    all but one (Xiao et al. 2021).

    The query has a key for each space. In the space that leaves an augmentation out, its positive is the key that was
    augmented by the same draw of it, and the other keys of the image are negatives. Query and keys are made as the
    first branch of the policy makes views. z is all spaces side by side, which the paper scores as LooC++; ``z0`` is
    the space that is invariant to all, ``z1`` to ``z4`` are the others.

    The authors released no code: the abstract was read, and the loss is from memory. A queue for each space, of its own
    positives, is ours.
    """

    measures = (Measure("queue_top1", "keys found (%)"), SPREAD)
    has_target = True

    kind: Literal["looc"] = "looc"

    left_out: Annotated[tuple[Kinds, ...], Strict(False), Field(max_length=4)] = (("jitter", "grayscale"),)
    """Augmentations that a space is not invariant to, each as kinds of operations of the policy: ``[[jitter,
    grayscale], [rotate]]`` are two spaces, besides the one that is invariant to all. Paper: colour, rotation and
    texture, alone and together (from memory)."""

    queue: Annotated[int, Field(ge=1)] = 65536
    """K: earlier keys in each space, the negatives, as in MoCo."""

    momentum: Annotated[float, Field(ge=0, le=1)] = 0.999
    """m: share of itself that the key encoder keeps in a step, as in MoCo."""

    temperature: Annotated[float, Field(gt=0)] = 0.2
    """tau, as in MoCo v2."""

    @property
    def spaces(self) -> int:
        return 1 + len(self.left_out)

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with a query of every image, and one for its key in each space."""
        return Pass(1, image_size), *[Pass(1, image_size, has_gradient=False)] * self.spaces

    def flops(self, pretrain: "PretrainConfig") -> int:
        logits = 2 * 2 * self.spaces * self.queue * pretrain.projection_width  # the queues have no gradient
        return product_flops(self._heads(pretrain), trained=1, seen=self.spaces) + logits

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the heads, of the target's, of the queues, and of the logits of a batch."""
        keys = self.spaces * self.queue * pretrain.projection_width
        logits = SOFTMAX * self.spaces * pretrain.batch_size * self.queue
        return trained_bytes(self._heads(pretrain)) + NUMBER * (self._heads(pretrain) + keys + logits)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        """Return the mean over the spaces of the logarithm of the number of keys. Space 0 has one key of the image,
        each other space all of them."""
        keys = [1, *[self.spaces] * len(self.left_out)]
        return sum(math.log(own + self.queue) for own in keys) / self.spaces

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the queue cannot hold the keys of a batch, or the policy lacks an augmentation that is
        left out."""
        if pretrain.epochs and self.queue < pretrain.batch_size:
            raise ValueError(
                f"loss.queue is {self.queue:,}, but a batch has {pretrain.batch_size:,} keys in each space; take as "
                "many or more"
            )
        known = {operation.kind for operation in pretrain.augment.branches().first_branch}
        for kind in (kind for kinds in self.left_out for kind in kinds):
            if kind not in known:
                raise ValueError(
                    f"loss.left_out names {kind}, which augment does not have; it has {', '.join(sorted(known))}"
                )

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where a queue has older keys of the images that are asked for."""
        check_queue(self.queue, 1, pretrain, images)

    def _heads(self, pretrain: "PretrainConfig") -> int:
        return self.spaces * pretrain.head.weights(pretrain.encoder.output)

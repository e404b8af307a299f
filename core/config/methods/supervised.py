"""The supervised baseline."""

import math
from typing import TYPE_CHECKING, Literal

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.mixing import Mix

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.supervised:Supervised")
class CrossEntropy(MethodConfig):
    """The supervised baseline of Tables 1, 8 and B.3: a linear classifier on h in place of the head, trained with the
    labels on one view of every image."""

    gives = "classes"
    supervised = True
    measures = (
        Measure("entropy", "entropy of the predicted distribution (nats)"),
        Measure("supervised_top1", "training accuracy (%)"),
    )

    kind: Literal["cross_entropy"] = "cross_entropy"

    mix: Mix | None = None
    """How images are mixed with others of the batch, and their labels with them. Not in the paper. None: not at
    all."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with one view of every image."""
        return (Pass(1, image_size),)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(classes)

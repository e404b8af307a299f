"""Rotation prediction (Gidaris et al. 2018)."""

import math
from typing import TYPE_CHECKING, Literal

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.rotation:Rotation")
class Rotation(MethodConfig):
    """A linear classifier on h predicts by which multiple of 90 degrees a view was turned (Gidaris et al. 2018).

    The released code (gidariss/FeatureLearningRotNet) turns crops that are flipped at random, without changes of
    colour: ``augment: {policy: custom, both: [crop, flip]}``.
    """

    gives = "other"
    measures = (Measure("rotation_top1", "rotation accuracy (%)"),)

    kind: Literal["rotation"] = "rotation"

    angles: Literal[2, 4] = 4
    """Number of angles: 4 are 0, 90, 180 and 270 degrees, 2 are 0 and 180. Released code: 4."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with every image at all angles, as in the released code."""
        return (Pass(self.angles, image_size),)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(self.angles)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the policy turns views, so that an angle has no meaning."""
        if any(operation.kind == "rotate" for operation in pretrain.augment.branches().first_branch):
            raise ValueError(
                "loss.kind rotation asks by which angle a view was turned, but augment turns views by a random "
                "multiple of 90 degrees as well; take rotate out of augment"
            )

"""Relative positions of two patches (Doersch et al. 2015)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS
from core.config.methods.counting import product_flops, trained_bytes
from core.config.methods.patches import PatchTask

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

POSITIONS = 8
"""Positions around the patch in the middle."""


@METHODS.add("core.methods.relative_position:RelativePosition")
class RelativePosition(PatchTask):
    """A classifier predicts from h of two patches where one lies around the other, in a grid of 3 x 3 (Doersch et al.
    2015).

    All nine patches of a view go through the encoder once, and each of the outer ones is paired with the one in the
    middle, as in the released code of Kolesnikov et al. 2019 (google/revisiting-self-supervised). Its layer of 1000
    after h, its dropout and its standardised patches are left out. It drops the colours of two images in three, for
    which ``augment`` may have ``{kind: grayscale, probability: 0.66}``. ``head`` is ignored.
    """

    measures = (Measure("position_top1", "position accuracy (%)"),)

    kind: Literal["relative_position"] = "relative_position"

    hidden: Annotated[int, Field(ge=1)] = 4096
    """Width of the classifier's hidden layer, which has a batch norm. Released code: 4096."""

    @property
    def along(self) -> int:
        return 3

    def flops(self, pretrain: "PretrainConfig") -> int:
        return product_flops(self._weights(pretrain), POSITIONS)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        return trained_bytes(self._weights(pretrain))

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(POSITIONS)

    def _weights(self, pretrain: "PretrainConfig") -> int:
        return (2 * pretrain.encoder.output + POSITIONS) * self.hidden

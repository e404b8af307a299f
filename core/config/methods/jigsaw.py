"""Jigsaw puzzles (Noroozi and Favaro 2016)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS
from core.config.methods.counting import product_flops, trained_bytes
from core.config.methods.patches import PatchTask

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.jigsaw:Jigsaw")
class Jigsaw(PatchTask):
    """A classifier predicts from h of all patches of a view which of some orders they have (Noroozi and Favaro 2016).

    Every view has one order, drawn from a fixed set of orders that differ as much as possible, which is chosen as in
    the re-implementation bbrattoli/JigsawPuzzlePytorch. Patches are not standardised, as they are there, since the
    encoder is scored on whole images that are not. ``head`` is ignored.
    """

    measures = (Measure("order_top1", "order accuracy (%)"),)

    kind: Literal["jigsaw"] = "jigsaw"

    grid: Literal[2, 3] = 3
    """Patches along a side. Paper: 3; at 32 pixels 2, with its 24 orders."""

    permutations: Annotated[int, Field(ge=2)] = 100
    """Number of orders that are told apart, at most 24 for a grid of 2. Re-implementations: 100 to 10,000 for one of
    3."""

    embedding: Annotated[int, Field(ge=1)] = 1000
    """Width of a layer with batch norm after each patch's h, before they are joined. facebookresearch/vissl: 1000."""

    @property
    def along(self) -> int:
        return self.grid

    def flops(self, pretrain: "PretrainConfig") -> int:
        return product_flops(self.grid**2 * pretrain.encoder.output * self.embedding + self._classifier, 1)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        return trained_bytes(pretrain.encoder.output * self.embedding + self._classifier)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(self.permutations)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where there are not as many orders, or patches are too small."""
        super().check(pretrain)
        most = math.factorial(self.grid**2)
        if self.permutations > most:
            raise ValueError(
                f"loss.permutations is {self.permutations:,}, but {self.grid**2} patches have {most:,} orders; lower it"
            )

    @property
    def _classifier(self) -> int:
        """Number of weights of the last layer."""
        return self.grid**2 * self.embedding * self.permutations

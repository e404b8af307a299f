"""Barlow Twins (Zbontar et al. 2021)."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.barlow_twins:BarlowTwins")
class BarlowTwins(MethodConfig):
    """The correlations between the features of two views are to be the identity matrix (Zbontar et al. 2021).

    Defaults are those of the released code (facebookresearch/barlowtwins). Its head has three layers of 8192 and no
    last batch norm: ``head: {layers: 3, hidden: 8192, output: 8192, last_norm: none}``.
    """

    measures = (
        Measure("correlation", "correlation of a feature in two views"),
        SPREAD,
    )

    kind: Literal["barlow_twins"] = "barlow_twins"

    off_diagonal: Annotated[float, Field(ge=0)] = 0.0051
    """lambda: weight of the correlations of two different features. Released code: 0.0051."""

    scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the loss, which is a sum over d^2 correlations, so hundreds at the start for a wide z. Released code:
    1, which LARS makes of no consequence for matrices; solo-learn takes 0.1."""

    vector_rate: Annotated[float, Field(gt=0)] = 0.024
    """Factor of the learning rate for biases and batch norms, which LARS does not adapt. Released code: 0.0048 where
    matrices have 0.2. Take 1 for SGD and AdamW."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each of the two views."""
        return Pass(1, image_size), Pass(1, image_size)

    def flops(self, pretrain: "PretrainConfig") -> int:
        correlations = product_flops(pretrain.projection_width**2, trained=1)
        return product_flops(pretrain.head.weights(pretrain.encoder.output), trained=2) + correlations

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, and of the correlations with their gradient."""
        head = trained_bytes(pretrain.head.weights(pretrain.encoder.output))
        return head + 2 * NUMBER * pretrain.projection_width**2

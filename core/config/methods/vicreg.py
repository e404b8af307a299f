"""VICReg (Bardes et al. 2022)."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Weight = Annotated[float, Field(ge=0)]


@METHODS.add("core.methods.vicreg:VICReg")
class VICReg(MethodConfig):
    """Two views have equal projections, whose features vary and are not correlated (Bardes et al. 2022).

    Defaults are those of the released code (facebookresearch/vicreg). Its head has three layers of 8192 and no last
    batch norm: ``head: {layers: 3, hidden: 8192, output: 8192, last_norm: none}``.
    """

    measures = (
        Measure("deviation", "standard deviation of a feature"),
        SPREAD,
    )

    kind: Literal["vicreg"] = "vicreg"

    invariance: Weight = 25.0
    """Weight of the mean squared difference of two views, lambda. Released code: 25."""

    variance: Weight = 25.0
    """Weight of features that deviate by less than 1, mu. Released code: 25."""

    covariance: Weight = 1.0
    """Weight of the covariances of two different features, nu. Released code: 1."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each of the two views."""
        return Pass(1, image_size), Pass(1, image_size)

    def flops(self, pretrain: "PretrainConfig") -> int:
        head = pretrain.head.weights(pretrain.encoder.output)
        return product_flops(head + pretrain.projection_width**2, trained=2)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, and of both views' covariances with their gradients."""
        head = trained_bytes(pretrain.head.weights(pretrain.encoder.output))
        return head + 4 * NUMBER * pretrain.projection_width**2

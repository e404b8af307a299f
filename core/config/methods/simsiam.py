"""SimSiam (Chen and He 2021)."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.simsiam:SimSiam")
class SimSiam(MethodConfig):
    """A predictor turns one view's projection into the other's, which has no gradient (Chen and He 2021).

    Defaults are those of the released code (facebookresearch/simsiam) for ImageNet. Its head has three layers of 2048
    and a last batch norm without parameters: ``head: {layers: 3, hidden: 2048, output: 2048, last_norm: plain}``. It
    decays batch norms and biases too, which the optimisers here do not.
    """

    measures = (SPREAD,)

    kind: Literal["simsiam"] = "simsiam"

    predictor: bool = True
    """Whether there is a predictor. Without one, training fails in the paper (its Table 1, from memory)."""

    hidden: Annotated[int, Field(ge=1)] = 512
    """Width of the predictor's hidden layer. Released code: 512, a quarter of z."""

    constant_rate: bool = True
    """Whether the predictor's learning rate stays at its peak. Released code, for the 68.1 % of its README: yes."""

    stop_gradient: bool = True
    """Whether the projection that is predicted has no gradient. If it has one, z collapses in the paper (its Figure 2,
    from memory)."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each of the two views."""
        return Pass(1, image_size), Pass(1, image_size)

    def flops(self, pretrain: "PretrainConfig") -> int:
        return product_flops(self._weights(pretrain), trained=2)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        return trained_bytes(self._weights(pretrain))

    def _weights(self, pretrain: "PretrainConfig") -> int:
        predictor = 2 * pretrain.projection_width * self.hidden if self.predictor else 0
        return pretrain.head.weights(pretrain.encoder.output) + predictor

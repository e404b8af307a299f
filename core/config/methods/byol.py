"""BYOL (Grill et al. 2020)."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.byol:BYOL")
class BYOL(MethodConfig):
    """A predictor turns one view's projection into the one that a slow target has for the other view (Grill et al.
    2020).

    Defaults are those of the released code (deepmind-research/byol) for 1000 epochs of ImageNet. Its head has a hidden
    layer of 4096 and no last batch norm: ``head: {hidden: 4096, output: 256, last_norm: none}``.
    """

    measures = (SPREAD,)
    has_target = True

    kind: Literal["byol"] = "byol"

    predictor: bool = True
    """Whether there is a predictor. Without one, z collapses in the paper (from memory)."""

    hidden: Annotated[int, Field(ge=1)] = 4096
    """Width of the predictor's hidden layer. Released code: 4096."""

    momentum: Annotated[float, Field(ge=0, le=1)] = 0.996
    """Share of itself that the target keeps in the first step; the share rises to 1 on a cosine. Released code: 0.996
    for 1000 epochs, 0.99 for 300 and 100, 0.97 for 40: it depends on the number of steps. 0: the target is the trained
    encoder; 1: it stays as it was initialised."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass for each of the two views with a gradient, and one for each by the target."""
        trained, seen = Pass(1, image_size), Pass(1, image_size, has_gradient=False)
        return trained, trained, seen, seen

    def flops(self, pretrain: "PretrainConfig") -> int:
        head = pretrain.head.weights(pretrain.encoder.output)
        return product_flops(head, trained=2, seen=2) + product_flops(self._predictor(pretrain), trained=2)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        head = pretrain.head.weights(pretrain.encoder.output)
        return trained_bytes(head + self._predictor(pretrain)) + NUMBER * head

    def _predictor(self, pretrain: "PretrainConfig") -> int:
        return 2 * pretrain.projection_width * self.hidden if self.predictor else 0

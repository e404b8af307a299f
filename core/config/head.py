"""The projection head g."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Config


class HeadConfig(Config):
    """Projection head g, which turns a representation h into the projection z that the loss is computed on."""

    kind: Literal["none", "linear", "nonlinear"] = "nonlinear"
    """One of the three heads of Figure 8. Paper, Sec 2.1: one hidden layer and a ReLU."""

    layers: Annotated[int, Field(ge=2, le=4)] = 2
    """Layers of the nonlinear head, hidden ones as wide as h. Other heads ignore it. Paper, Sec 2.1: 2; SimCLRv2: 3."""

    output: Annotated[int, Field(ge=1)] = 128
    """Width of z. The head ``none`` ignores it. Paper, Sec 2.3: 128."""

    @property
    def depth(self) -> int:
        """Number of layers."""
        return {"none": 0, "linear": 1, "nonlinear": self.layers}[self.kind]

"""The projection head g."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from core.config.base import Config


class HeadConfig(Config):
    """Projection head g, which turns a representation h into the projection z that the loss is computed on."""

    added_later: ClassVar = {"hidden": None, "hidden_norm": True, "last_norm": "scaled"}

    kind: Literal["none", "linear", "nonlinear"] = "nonlinear"
    """One of the three heads of Figure 8. Paper, Sec 2.1: one hidden layer and a ReLU."""

    layers: Annotated[int, Field(ge=2, le=4)] = 2
    """Layers of the nonlinear head. Other heads ignore it. Paper, Sec 2.1: 2; SimCLRv2: 3."""

    output: Annotated[int, Field(ge=1)] = 128
    """Width of z. The head ``none`` ignores it. Paper, Sec 2.3: 128."""

    hidden: Annotated[int, Field(ge=1)] | None = None
    """Width of the nonlinear head's hidden layers; None: that of h. Paper: that of h. BYOL: 4096; Barlow Twins and
    VICReg: 8192."""

    hidden_norm: bool = True
    """Whether hidden layers have a batch norm. Released code of SimCLR: yes; of MoCo v2: no."""

    last_norm: Literal["scaled", "plain", "none"] = "scaled"
    """Batch norm of the last layer: ``scaled`` with gamma and no beta (released code of SimCLR), ``plain`` with neither
    (SimSiam), ``none`` (MoCo, BYOL, Barlow Twins, VICReg)."""

    @property
    def depth(self) -> int:
        """Number of layers."""
        return {"none": 0, "linear": 1, "nonlinear": self.layers}[self.kind]

    def width(self, h: int) -> int:
        """Return the width of z for a representation of width ``h``."""
        return h if self.kind == "none" else self.output

    def weights(self, h: int) -> int:
        """Return the number of weights in the matrices of its layers, for a representation of width ``h``."""
        widths = [h, *[self.hidden or h] * (self.depth - 1), *[self.output] * (self.depth > 0)]
        return sum(inputs * outputs for inputs, outputs in pairwise(widths))

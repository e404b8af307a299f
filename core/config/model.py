"""The encoder f and the projection head g."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.config.base import Config


class EncoderConfig(Config):
    """Encoder f: an image to its representation h."""

    name: Literal["resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "resnet50"
    """Paper, Sec 2.3: ResNet-50. ``resnet10`` (one basic block a stage) is ours, for laptops."""

    width: Annotated[float, Field(gt=0, le=4)] = 1.0
    """Multiplies every channel count: 1, 2 and 4 in Figure 7."""

    selective_kernels: bool = False
    """Of SimCLRv2 (Sec 3.1), with the stem and shortcuts of ResNet-D; not for ``resnet10``, ``18`` and ``34``."""

    stem: Literal["auto", "imagenet", "small"] = "auto"
    """``imagenet``: 7x7 convolution of stride 2, then max pooling. ``small``: 3x3 of stride 1, no pooling
    (appendix B.9). ``auto``: ``small`` up to 32 pixels a side, as in the released code."""

    @property
    def bottleneck(self) -> bool:
        """Whether its blocks are bottlenecks, of four times the channels; the smaller encoders' are not."""
        return self.name not in ("resnet10", "resnet18", "resnet34")

    @property
    def output(self) -> int:
        """Width of h: 2048 of the paper's."""
        return round(64 * self.width) * 8 * (4 if self.bottleneck else 1)

    @model_validator(mode="after")
    def _check_selective(self) -> Self:
        if self.selective_kernels and not self.bottleneck:
            raise ValueError(f"{self.name} has no bottleneck; selective_kernels need resnet50, resnet101 or resnet152")
        return self


class HeadConfig(Config):
    """Projection head g: a representation h to the projection z on which the loss is computed."""

    kind: Literal["none", "linear", "nonlinear"] = "nonlinear"
    """The three of Figure 8. Paper, Sec 2.1: one hidden layer and a ReLU."""

    layers: Annotated[int, Field(ge=2, le=4)] = 2
    """Of the nonlinear head, hidden ones as wide as h; the others ignore it. Paper, Sec 2.1: 2; SimCLRv2: 3."""

    output: Annotated[int, Field(ge=1)] = 128
    """Width of z; ``none`` ignores it. Paper, Sec 2.3: 128."""

    @property
    def depth(self) -> int:
        """Number of layers."""
        return {"none": 0, "linear": 1, "nonlinear": self.layers}[self.kind]

"""The encoder f."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.config.base import Config
from core.config.data import COLORS
from core.config.models.normalization import Normalizing
from core.config.models.weights import StartingWeights
from core.config.registry import Registry


class EncoderConfig(Config):
    """Base of all encoders."""

    stages: ClassVar[tuple[str, ...]] = ()
    """Names of the stages whose outputs can be scored; its module must have them all."""
    learns: ClassVar[bool] = True
    """Whether it has anything to train."""
    takes_channels: ClassVar[bool] = False
    """Whether it can be built for images of any number of channels. Its function is then called with the number as a
    third argument."""

    kind: str

    @property
    def output(self) -> int:
        """Width of h."""
        raise NotImplementedError

    def output_of(self, channels: int) -> int:
        """Return the width of h for images with ``channels`` channels."""
        return self.output

    @property
    def token_side(self) -> int:
        """Side in pixels of the patches that are tokens, some of which can be left out; 0 where there are none."""
        return 0

    def check(self, image_size: int) -> None:
        """Check the side of the views in pixels. Raises ValueError where it cannot encode them."""

    def check_channels(self, channels: int) -> None:
        """Check the number of channels of an image. Raises ValueError where it cannot encode them."""
        if channels != COLORS and not self.takes_channels:
            raise ValueError(
                f"encoder.kind {self.kind} takes images of {COLORS} channels, and data.channels is {channels}; take "
                f"data.channels: {COLORS}, or encoder.kind resnet or timm"
            )

    def check_small(self, image_size: int, side: int) -> None:
        """Check the side of a method's further views, such as small crops, for an encoder that is built for
        ``image_size``. Raises ValueError where it cannot encode them."""


ENCODERS: Registry[EncoderConfig] = Registry("encoder", EncoderConfig, tag="kind", default="resnet")
"""Encoders, each with its function ``(config, image_size) -> core.encoder.encoder.Encoder``, or ``(config, image_size,
channels)``, which initialises it from torch's global generator."""

AnyEncoder = Annotated[EncoderConfig, ENCODERS]


@ENCODERS.add("core.encoder.resnets.resnet:build_resnet")
class ResNet(EncoderConfig, StartingWeights, Normalizing):
    """The paper's ResNets, which turn an image into its representation h. Sec 2.1."""

    stages = ("stage1", "stage2", "stage3", "stage4")
    takes_channels = True
    added_later = {"kind": "resnet", "initialisation": "fan_out", "weights_hash": None, "normalize": "none"}

    kind: Literal["resnet"] = "resnet"

    name: Literal["resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "resnet50"
    """Depth. Paper, Sec 2.3: ResNet-50. ``resnet10`` (one basic block a stage) is ours, for laptops."""

    width: Annotated[float, Field(gt=0, le=4)] = 1.0
    """Multiplier of every channel count: 1, 2 and 4 in Figure 7."""

    selective_kernels: bool = False
    """Whether it has the selective kernels of SimCLRv2 (Sec 3.1), with the stem and shortcuts of ResNet-D. Not for
    ``resnet10``, ``resnet18`` and ``resnet34``."""

    stem: Literal["auto", "imagenet", "small"] = "auto"
    """First layer. ``imagenet``: 7x7 convolution of stride 2, then max pooling. ``small``: 3x3 of stride 1, no pooling
    (appendix B.9). ``auto``: ``small`` up to 32 pixels a side, as in the released code."""

    initialisation: Literal["fan_out", "released"] = "fan_out"
    """Initialisation of the convolutions. ``fan_out``: normal of variance 2 / fan out, PyTorch's for ResNets.
    ``released``: truncated normal of variance 1 / fan in, TensorFlow's ``variance_scaling``, as in the released code.
    The paper does not say."""

    @property
    def bottleneck(self) -> bool:
        """Whether its blocks are bottlenecks, with four times the channels at their end."""
        return self.name not in ("resnet10", "resnet18", "resnet34")

    @property
    def channels(self) -> int:
        """Channels of the stem."""
        return round(64 * self.width)

    @property
    def output(self) -> int:
        """Width of h: 2048 in the paper."""
        return self.channels * 8 * (4 if self.bottleneck else 1)

    @model_validator(mode="after")
    def _check_selective(self) -> Self:
        if self.selective_kernels and not self.bottleneck:
            raise ValueError(f"{self.name} has no bottleneck; selective_kernels need resnet50, resnet101 or resnet152")
        return self


@ENCODERS.add("core.encoder.untrained:Pixels")
class PixelsConfig(EncoderConfig):
    """No encoder: h is the image itself, a baseline that every encoder should exceed. It needs ``epochs: 0``."""

    learns = False
    takes_channels = True

    kind: Literal["pixels"] = "pixels"

    side: Annotated[int, Field(ge=1)] = 32
    """Side in pixels that the image is resized to."""

    @property
    def output(self) -> int:
        """Width of h: the values of all pixels in three colours."""
        return self.output_of(COLORS)

    def output_of(self, channels: int) -> int:
        """Return the number of values of all pixels."""
        return channels * self.side**2


@ENCODERS.add("core.encoder.untrained:ColourHistogram")
class ColourHistogramConfig(EncoderConfig):
    """No encoder: h is the image's histogram of colours, which does not say what is where. It needs ``epochs: 0``."""

    learns = False

    kind: Literal["colour_histogram"] = "colour_histogram"

    bins: Annotated[int, Field(ge=2, le=16)] = 8
    """Bins of each of red, green and blue."""

    @property
    def output(self) -> int:
        """Width of h: the bins of all three colours together."""
        return int(self.bins**3)


@ENCODERS.add("core.encoder.resnets.patches:build_patch_resnet")
class PatchResNet(ResNet):
    """A ResNet on each of a view's patches, as in CPC: h is the mean over the patches, in training and in every
    evaluation (Henaff et al. 2020).

    The patches are spread evenly from edge to edge, and overlap where they are larger than the view's side over
    ``grid``. CPC has 7 x 7 patches of 64 pixels in views of 256; with views of 32 pixels, 7 x 7 patches of 8 overlap by
    half. CPC's ResNets end with their third stage, these with the fourth.
    """

    kind: Literal["patches"] = "patches"  # type: ignore[assignment]

    grid: Annotated[int, Field(ge=2)] = 7
    """Patches along a side. CPC: 7."""

    patch: Annotated[int, Field(ge=4)] = 64
    """Side of a patch in pixels. CPC: 64 of 256."""

    norm: Literal["batch", "layer"] = "layer"
    """Normalisation. ``layer``: each patch by itself, over channels and places (CPC v2). ``batch``: batch norm over the
    patches of all images (CPC v1), whose statistics tell patches of one image by each other."""

    def check(self, image_size: int) -> None:
        """Raise ValueError where a patch is larger than a view."""
        self._check_patch(image_size, f"views have data.image_size {image_size}")

    def check_small(self, image_size: int, side: int) -> None:
        """Raise ValueError where a patch is larger than one of a method's further views."""
        self._check_patch(side, f"the method has views of {side} pixels")

    def _check_patch(self, side: int, views: str) -> None:
        if self.patch > side:
            raise ValueError(
                f"encoder.patch is {self.patch}, but {views}; lower it, to about {max(2 * side // (self.grid + 1), 4)}"
            )

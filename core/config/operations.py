"""Augmentation operations. Each changes one sample of a batch at a time, with random parameters of its own."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from core.config.base import Config, OlderField, Probability, Range
from core.config.data import COLORS
from core.config.registry import Registry


def _at_most_1(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[1] > 1:
        raise ValueError(f"a crop covers at most the whole image, an area of 1, not {limits[1]:g}")
    return limits


Share = Annotated[Range, AfterValidator(_at_most_1)]
"""[low, high] of an area that is drawn uniformly; 1 is the whole image."""

ColorForm = Literal["torchvision", "released_v1", "released_v2", "additive"]
"""Arithmetic of the colour jitter."""

COLOR_FORM = OlderField("brightness_form", {"torchvision": "multiplicative", "additive": "additive"})
"""``color_form`` as it was before the released forms were added."""

SearchedOn = Literal["imagenet", "cifar10"]
"""Data sets on which AutoAugment searched for sub-policies."""


class OperationConfig(Config):
    """Base of all operations."""

    makes_size: ClassVar[bool] = False
    """Whether the operation itself gives the views their size, as a crop does. Its function is then called with the
    size as a fourth argument; before any other operation the image is resized whole."""

    kind: str
    probability: Probability = 1.0
    """Probability that a sample is changed."""

    @property
    def needs_color(self) -> bool:
        """Whether images must have the channels red, green and blue."""
        return False


OPERATIONS: Registry[OperationConfig] = Registry("operation", OperationConfig, tag="kind")
"""Operations, each with its function ``(images, generator, config) -> images`` on float images (B, C, H, W) in [0, 1].
Parameters are drawn for each image, by ``core.augment.draw`` or ``core.augment.select``."""

Operation = Annotated[OperationConfig, OPERATIONS]


def _named(operation: Any) -> Any:
    """``{kind: crop}`` for ``crop``."""
    return {"kind": operation} if isinstance(operation, str) else operation


Operations = Annotated[tuple[Annotated[Operation, BeforeValidator(_named)], ...], Strict(False)]
"""Operations that are applied one after the other, given by name or with their settings."""


def check_channels(operations: Operations, place: str, channels: int) -> None:
    """Check the operations at a place of the configuration. Raises ValueError where one needs red, green and blue, and
    images have other channels."""
    coloured = dict.fromkeys(operation.kind for operation in operations if operation.needs_color)
    if coloured and channels != COLORS:
        raise ValueError(
            f"{place} has {', '.join(coloured)} for red, green and blue, and data.channels is {channels}; take "
            f"augment.color: false in policy simclr, or policy custom, where jitter with saturation: 0 and hue: 0 "
            f"changes brightness and contrast alone; or data.channels: {COLORS}"
        )


@OPERATIONS.add("core.augment.operations.crop:random_resized_crop")
class Crop(OperationConfig):
    """Random resized crop ("Inception crop"). Appendix A."""

    makes_size = True

    kind: Literal["crop"] = "crop"
    area: Share = (0.08, 1.0)
    """Share of the image that the crop covers. Appendix A: U(0.08, 1)."""
    aspect: Range = (3 / 4, 4 / 3)
    """Width over height, drawn log-uniformly. Appendix A: 3/4 to 4/3."""


@OPERATIONS.add("core.augment.operations.flip:random_flip")
class Flip(OperationConfig):
    """Horizontal flip. Appendix A."""

    kind: Literal["flip"] = "flip"
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.jitter:random_jitter")
class Jitter(OperationConfig):
    """Brightness, contrast, saturation and hue, in an order that is drawn for each sample, clipped to [0, 1] after each
    of them. Appendix A, at s = 1. The order is random in the released code; the snippet in appendix A has a fixed
    one."""

    older_fields = {"color_form": COLOR_FORM}

    kind: Literal["jitter"] = "jitter"
    brightness: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    color_form: ColorForm = "torchvision"
    """Arithmetic of the jitter. ``torchvision``: brightness is a factor, contrast is about the mean luminance,
    saturation is mixed with the luminance. ``released_v1``, the code behind the paper's results (TensorFlow, footnote
    12): brightness is added, contrast is about each channel's own mean, saturation is HSV's. ``released_v2``: the same,
    but brightness is a factor. ``additive``: torchvision's with brightness added, which is nobody's else. Hue is HSV's
    in all. Its older name is ``brightness_form``."""
    contrast: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    saturation: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.2
    """Largest shift, in turns of the colour circle. Appendix A: 0.2 s."""
    probability: Probability = 0.8

    @property
    def needs_color(self) -> bool:
        """Whether it changes saturation or hue."""
        return self.saturation > 0 or self.hue > 0


@OPERATIONS.add("core.augment.operations.grayscale:random_grayscale")
class Grayscale(OperationConfig):
    """Colour dropped. Appendix A."""

    kind: Literal["grayscale"] = "grayscale"
    probability: Probability = 0.2

    @property
    def needs_color(self) -> bool:
        return True


@OPERATIONS.add("core.augment.operations.grayscale:random_channel")
class OneChannel(OperationConfig):
    """Two of the three colour channels dropped: set to 0. CPC's colour dropping, on patches; what dropped channels are
    replaced by was not found."""

    kind: Literal["one_channel"] = "one_channel"
    probability: Probability = 0.8
    """Probability that a sample is changed. CPC v2: 0.8 (from memory)."""

    @property
    def needs_color(self) -> bool:
        return True


@OPERATIONS.add("core.augment.operations.cutout:random_cutout")
class Cutout(OperationConfig):
    """A grey square at a random place. The paper gives no size; in Figure 4 it is about half the side."""

    kind: Literal["cutout"] = "cutout"
    side: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Side of the square as a share of the image's side."""


@OPERATIONS.add("core.augment.operations.sobel:random_sobel")
class Sobel(OperationConfig):
    """Gradient magnitude of each channel. The paper does not say which form of the filter it used."""

    kind: Literal["sobel"] = "sobel"


@OPERATIONS.add("core.augment.operations.noise:random_noise")
class Noise(OperationConfig):
    """Additive Gaussian noise. The paper gives no level; 0.1 is torchvision's default."""

    kind: Literal["noise"] = "noise"
    sigma: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Standard deviation, for pixel values from 0 to 1."""


@OPERATIONS.add("core.augment.operations.blur:random_blur")
class Blur(OperationConfig):
    """Gaussian blur. Appendix A."""

    kind: Literal["blur"] = "blur"
    sigma: Range = (0.1, 2.0)
    """Standard deviation in pixels. Appendix A: U[0.1, 2.0]."""
    kernel: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Side of the kernel as a share of the image's side, made odd. Appendix A: 10 %, so 23 pixels at 224 and 3 at
    32."""
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.rotate:random_rotate")
class Rotate(OperationConfig):
    """Rotation by 0, 90, 180 or 270 degrees, each equally likely. Sec 3 and Figure 4."""

    kind: Literal["rotate"] = "rotate"


@OPERATIONS.add("core.augment.operations.equalize:random_equalize")
class Equalize(OperationConfig):
    """Histogram of each channel made even. Appendix B.2, which gives no probability."""

    kind: Literal["equalize"] = "equalize"
    probability: Probability = 0.2


@OPERATIONS.add("core.augment.operations.solarize:random_solarize")
class Solarize(OperationConfig):
    """Bright values inverted. Appendix B.2, which gives neither threshold nor probability."""

    kind: Literal["solarize"] = "solarize"
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Lowest value that is inverted, for pixel values from 0 to 1."""
    probability: Probability = 0.2


@OPERATIONS.add("core.augment.operations.motion_blur:random_motion_blur")
class MotionBlur(OperationConfig):
    """Blur along a line of random direction. Appendix B.2, which gives neither length nor probability."""

    kind: Literal["motion_blur"] = "motion_blur"
    length: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Length of the line as a share of the image's side, made odd, like the kernel of ``Blur``."""
    probability: Probability = 0.2


@OPERATIONS.add("core.augment.operations.auto_augment:random_sub_policy")
class SubPolicy(OperationConfig):
    """One of AutoAugment's 25 sub-policies, drawn for each image: two operations, each with a probability and a
    magnitude that were searched for (Cubuk et al. 2019)."""

    kind: Literal["auto_augment"] = "auto_augment"
    searched_on: SearchedOn = "imagenet"
    """Data set on which the sub-policies were searched for."""

    @property
    def needs_color(self) -> bool:
        return True


@OPERATIONS.add("core.augment.operations.flip:random_vertical_flip")
class VerticalFlip(OperationConfig):
    """Vertical flip, for images without an up and a down, such as microscopy. Not in the paper."""

    kind: Literal["vertical_flip"] = "vertical_flip"
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.affine:random_affine")
class Affine(OperationConfig):
    """Rotation, shift, scale and shear about the centre, each drawn uniformly; bilinear, black outside. Not in the
    paper."""

    kind: Literal["affine"] = "affine"
    degrees: Annotated[float, Field(ge=0, le=180)] = 15.0
    """Largest rotation, either way."""
    shift: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest shift along x and along y, as a share of the image's side."""
    scale: Range = (0.8, 1.2)
    """Factor of the size."""
    shear: Annotated[float, Field(ge=0, lt=90)] = 10.0
    """Largest shear along x, in degrees."""


@OPERATIONS.add("core.augment.operations.perspective:random_perspective")
class Perspective(OperationConfig):
    """Each corner moves inwards by a distance of its own; bilinear, black outside. Not in the paper."""

    kind: Literal["perspective"] = "perspective"
    distortion: Annotated[float, Field(ge=0, le=0.9)] = 0.5
    """Largest move of a corner along x and along y, as a share of half the image's side. torchvision: 0.5."""
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.erasing:random_erasing")
class Erasing(OperationConfig):
    """A black rectangle at a random place (Zhong et al. 2020). Not in the paper."""

    kind: Literal["erasing"] = "erasing"
    area: Share = (0.02, 0.33)
    """Share of the image that the rectangle covers. torchvision: U(0.02, 0.33)."""
    aspect: Range = (0.3, 3.3)
    """Width over height, drawn log-uniformly. torchvision: 0.3 to 3.3."""
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.sharpness:random_sharpness")
class Sharpness(OperationConfig):
    """Smoothed or sharpened. Not in the paper."""

    kind: Literal["sharpness"] = "sharpness"
    amount: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Largest change of the factor, which is 1 for the image itself and 0 for the smoothed one. AutoAugment: 0.9."""
    probability: Probability = 0.5


@OPERATIONS.add("core.augment.operations.levels:random_posterize")
class Posterize(OperationConfig):
    """Only the highest bits of each value. Not in the paper."""

    kind: Literal["posterize"] = "posterize"
    bits: Annotated[int, Field(ge=1, le=8)] = 4
    """Number of bits that are kept, of 8."""
    probability: Probability = 0.2

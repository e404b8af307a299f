"""How an image becomes two views: single operations, and the policies that compose them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from core.config.base import Config, Probability, Range, default_tag

Strength = Annotated[float, Field(ge=0, le=2)]
"""s of Table 1: scales brightness, contrast, saturation (0.8 s) and hue (0.2 s)."""


def _at_most_1(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[1] > 1:
        raise ValueError(f"a crop covers at most the whole image, an area of 1, not {limits[1]:g}")
    return limits


Share = Annotated[Range, AfterValidator(_at_most_1)]
"""[low, high] of an area drawn uniformly, 1 being the whole image."""


BrightnessForm = Literal["multiplicative", "additive"]
"""A factor from U(1 - d, 1 + d), as in torchvision and in SimCLRv2's code; or U(-d, d) added, as in the code
released for the paper."""


class Crop(Config):
    """Random resized crop ("Inception crop"). Appendix A."""

    kind: Literal["crop"] = "crop"
    area: Share = (0.08, 1.0)
    """Share of the image that the crop covers. Appendix A: U(0.08, 1)."""
    aspect: Range = (3 / 4, 4 / 3)
    """Width over height, drawn log-uniformly. Appendix A: 3/4 to 4/3."""
    probability: Probability = 1.0


class Flip(Config):
    """Horizontal flip. Appendix A."""

    kind: Literal["flip"] = "flip"
    probability: Probability = 0.5


class Jitter(Config):
    """Brightness, contrast, saturation and hue, in an order drawn for each sample. Appendix A, at s = 1.

    Each is torchvision's: contrast is about the mean luminance, and the order random, where the snippet in
    appendix A has it fixed.
    """

    kind: Literal["jitter"] = "jitter"
    brightness: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    brightness_form: BrightnessForm = "multiplicative"
    """A factor, as in torchvision, or an amount that is added, as in the code released for the paper."""
    contrast: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    saturation: Annotated[float, Field(ge=0)] = 0.8
    """Largest change, as a share. Appendix A: 0.8 s."""
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.2
    """Largest shift, in turns of the colour circle. Appendix A: 0.2 s."""
    probability: Probability = 0.8


class Grayscale(Config):
    """Colour dropped. Appendix A."""

    kind: Literal["grayscale"] = "grayscale"
    probability: Probability = 0.2


class Cutout(Config):
    """A grey square at a random place. The paper gives no size; in Figure 4 it is about half the side."""

    kind: Literal["cutout"] = "cutout"
    side: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Side of the square as a share of the image's."""
    probability: Probability = 1.0


class Sobel(Config):
    """Gradient magnitude of each channel. The paper does not say which form of the filter it used."""

    kind: Literal["sobel"] = "sobel"
    probability: Probability = 1.0


class Noise(Config):
    """Additive Gaussian noise. The paper gives no level; 0.1 is torchvision's default."""

    kind: Literal["noise"] = "noise"
    sigma: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Standard deviation, where the pixels' range is 0 to 1."""
    probability: Probability = 1.0


class Blur(Config):
    """Gaussian blur. Appendix A."""

    kind: Literal["blur"] = "blur"
    sigma: Range = (0.1, 2.0)
    """Appendix A: U[0.1, 2.0], in pixels."""
    kernel: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Kernel as a share of the side, made odd. Appendix A: 10 %, so 23 pixels at 224 and 3 at 32."""
    probability: Probability = 0.5


class Equalize(Config):
    """Each channel's histogram made even. Appendix B.2, which gives no probability."""

    kind: Literal["equalize"] = "equalize"
    probability: Probability = 0.2


class Solarize(Config):
    """What is bright inverted. Appendix B.2, which gives neither threshold nor probability."""

    kind: Literal["solarize"] = "solarize"
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    """From which value on, where the pixels' range is 0 to 1."""
    probability: Probability = 0.2


class MotionBlur(Config):
    """Blur along a line of random direction. Appendix B.2, which gives neither length nor probability."""

    kind: Literal["motion_blur"] = "motion_blur"
    length: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Of the line, as a share of the side, made odd; as the kernel of ``Blur``."""
    probability: Probability = 0.2


class Rotate(Config):
    """Rotation by 0, 90, 180 or 270 degrees, each as likely. Sec 3 and Figure 4."""

    kind: Literal["rotate"] = "rotate"
    probability: Probability = 1.0


SearchedOn = Literal["imagenet", "cifar10"]
"""Data sets on which AutoAugment searched for sub-policies."""


class SubPolicy(Config):
    """One of AutoAugment's 25 sub-policies, drawn for each image: two operations, each with a probability and a
    magnitude that were searched for (Cubuk et al. 2019)."""

    kind: Literal["auto_augment"] = "auto_augment"
    searched_on: SearchedOn = "imagenet"
    """The data set whose sub-policies these are."""
    probability: Probability = 1.0


def _named(operation: Any) -> Any:
    """``crop`` for ``{kind: crop}``."""
    return {"kind": operation} if isinstance(operation, str) else operation


Operation = Annotated[
    Crop
    | Flip
    | Jitter
    | Grayscale
    | Cutout
    | Sobel
    | Noise
    | Blur
    | Rotate
    | Equalize
    | Solarize
    | MotionBlur
    | SubPolicy,
    Field(discriminator="kind"),
]
Operations = Annotated[tuple[Annotated[Operation, BeforeValidator(_named)], ...], Strict(False)]

Transformation = Literal["crop", "cutout", "color", "sobel", "noise", "blur", "rotate"]
"""The rows and columns of Figure 5."""


Addition = Literal["rotate", "noise", "sobel"]
"""What the last rows of Table 3 add to the policy, to be told from h and from g(h)."""


class SimclrAugment(Config):
    """The paper's default policy, Sec 2.3 and appendix A: crop, flip, colour distortion, blur."""

    policy: Literal["simclr"] = "simclr"
    strength: Strength = 1.0
    """s of the colour distortion. Appendix A: 1; appendix B.9, for CIFAR-10: 0.5."""
    flip: bool = True
    """Appendix A ablates it."""
    blur: bool = True
    """Appendix A ablates it; appendix B.9 leaves it out for CIFAR-10."""
    broader: bool = False
    """Sobel, equalize, solarize and motion blur besides (appendix B.2). The paper gives neither probabilities nor
    places: here they come last, each with a probability of 0.2."""
    brightness_form: BrightnessForm = "multiplicative"
    """A factor, as in torchvision, or an amount that is added, as in the code released for the paper."""
    crop_area: Share = (0.08, 1.0)
    """Appendix A: U(0.08, 1)."""
    also: Annotated[tuple[Addition, ...], Strict(False)] | None = None
    """Added in this order, drawn for each view: rotation by an angle of four, noise, Sobel (Table 3, its last rows).
    The paper gives neither their places nor their probabilities: here they come last, noise and Sobel with a
    probability of 0.5, since "original or corrupted" is then guessed with 50 % as in the table."""


class CompositionAugment(Config):
    """The policy of Figure 5 (Sec 3.1): one crop, shared by both branches, then one or two transformations
    on the first branch only. ``first`` equal to ``second`` is that single transformation."""

    policy: Literal["composition"] = "composition"
    first: Transformation = "crop"
    """The row of Figure 5."""
    second: Transformation = "color"
    """The column of Figure 5."""
    strength: Strength = 1.0
    """s of the colour distortion. Appendix A: 1; appendix B.9, for CIFAR-10: 0.5."""
    crop_area: Share = (0.08, 1.0)
    """Of the shared crop and of the crop as a transformation. Appendix A: U(0.08, 1)."""


class AutoAugment(Config):
    """The policy of Table 1's column "AutoAug": crop, flip, then a sub-policy of AutoAugment (Cubuk et al. 2019) in
    place of colour distortion and blur. The paper does not say how it combines it with crop and flip; this order is
    that of torchvision's training recipes."""

    policy: Literal["auto_augment"] = "auto_augment"
    searched_on: SearchedOn = "imagenet"
    """The data set whose sub-policies these are. The paper trains on ImageNet."""
    crop_area: Share = (0.08, 1.0)
    """Appendix A: U(0.08, 1)."""


class CustomAugment(Config):
    """Operations of one's own, by name or with their settings, applied in this order."""

    policy: Literal["custom"] = "custom"
    shared: Operations = ()
    """Drawn once for an image: both branches get the same outcome."""
    both: Operations = ()
    """Drawn for each branch by itself."""
    first: Operations = ()
    """On the first branch only, after ``both``."""
    second: Operations = ()
    """On the second branch only, after ``both``."""


AugmentConfig = Annotated[
    SimclrAugment | CompositionAugment | AutoAugment | CustomAugment,
    Field(discriminator="policy"),
    BeforeValidator(default_tag("policy", "simclr")),
]

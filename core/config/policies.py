"""Augmentation policies: which operations turn an image into its views."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, Strict

from core.config.base import Config
from core.config.operations import (
    COLOR_FORM,
    Blur,
    ColorForm,
    Crop,
    Cutout,
    Equalize,
    Flip,
    Grayscale,
    Jitter,
    MotionBlur,
    Noise,
    OperationConfig,
    Operations,
    Rotate,
    SearchedOn,
    Share,
    Sobel,
    Solarize,
    SubPolicy,
)
from core.config.registry import Registry

Strength = Annotated[float, Field(ge=0, le=2)]
"""s of Table 1: scales the jitter's brightness, contrast, saturation (0.8 s) and hue (0.2 s), and nothing else."""

Transformation = Literal["crop", "cutout", "color", "sobel", "noise", "blur", "rotate"]
"""The rows and columns of Figure 5."""

Addition = Literal["rotate", "noise", "sobel"]
"""Operations that the last rows of Table 3 add to the policy, to be predicted from h and from g(h)."""


@dataclass(frozen=True)
class Branches:
    """A policy in full: operations in order, and the branches that they act on."""

    shared: Operations = ()
    """Operations drawn once for an image: both branches get the same outcome."""
    both: Operations = ()
    """Operations drawn for each branch on its own."""
    first: Operations = ()
    """Operations on the first branch only, after ``both``."""
    second: Operations = ()
    """Operations on the second branch only, after ``both``."""

    @property
    def first_branch(self) -> Operations:
        """All operations that make the first view of an image, in order."""
        return self.shared + self.both + self.first

    @property
    def all(self) -> Operations:
        """All operations."""
        return self.first_branch + self.second


class PolicyConfig(Config):
    """Base of all policies."""

    policy: str

    def branches(self) -> Branches:
        """The operations that the policy consists of."""
        raise NotImplementedError


POLICIES: Registry[PolicyConfig] = Registry("policy", PolicyConfig, tag="policy", default="simclr")
"""Policies. They need no code of their own: ``branches`` says everything."""

AugmentConfig = Annotated[PolicyConfig, POLICIES]


@POLICIES.add()
class SimclrAugment(PolicyConfig):
    """The paper's default policy, Sec 2.3 and appendix A: crop, flip, colour distortion, blur."""

    added_later = {"color": True}
    older_fields = {"color_form": COLOR_FORM}

    policy: Literal["simclr"] = "simclr"
    strength: Strength = 1.0
    """s of the colour distortion. It scales the jitter only: grayscale keeps its probability of 0.2, at 0 too (appendix
    A and the released code); ``color: false`` turns both off. Appendix A: 1; appendix B.9, for CIFAR-10: 0.5."""
    flip: bool = True
    """Whether images are flipped. Appendix A ablates it."""
    blur: bool = True
    """Whether images are blurred. Appendix A ablates it; appendix B.9 leaves it out for CIFAR-10."""
    broader: bool = False
    """Whether Sobel, equalize, solarize and motion blur are added (appendix B.2). The paper gives neither probabilities
    nor places: here they come last, each with a probability of 0.2."""
    color: bool = True
    """Whether colours are distorted: jitter and grayscale, both or neither. Appendix A: yes."""
    color_form: ColorForm = "torchvision"
    """Arithmetic of the colour jitter; see the operation ``jitter``. The paper's results are of ``released_v1``
    (footnote 12), and the shipped studies of the paper take it. Its older name is ``brightness_form``."""
    crop_area: Share = (0.08, 1.0)
    """Share of the image that the crop covers. Appendix A: U(0.08, 1)."""
    also: Annotated[tuple[Addition, ...], Strict(False)] | None = None
    """Operations added in this order, drawn for each view: rotation by a multiple of 90 degrees, noise, Sobel (Table 3,
    its last rows). The paper gives neither their places nor their probabilities: here they come last, noise and Sobel
    with a probability of 0.5, since "original or corrupted" is then guessed with 50 % as in the table."""

    def branches(self) -> Branches:
        flip = (Flip(),) if self.flip else ()
        blur = (Blur(),) if self.blur else ()
        color = color_distortion(self.strength, self.color_form) if self.color else ()
        broader = BROADER if self.broader else ()
        also = tuple(ADDITIONS[name] for name in self.also or ())
        return Branches(both=(Crop(area=self.crop_area), *flip, *color, *blur, *broader, *also))


@POLICIES.add()
class CompositionAugment(PolicyConfig):
    """The policy of Figure 5 (Sec 3.1): one crop, shared by both branches, then one or two transformations
    on the first branch only. ``first`` equal to ``second`` is that single transformation."""

    added_later = {"color_form": "torchvision"}

    policy: Literal["composition"] = "composition"
    first: Transformation = "crop"
    """The row of Figure 5."""
    second: Transformation = "color"
    """The column of Figure 5."""
    strength: Strength = 1.0
    """s of the colour distortion, which scales its jitter only. Appendix A: 1; appendix B.9, for CIFAR-10: 0.5."""
    color_form: ColorForm = "torchvision"
    """Arithmetic of the colour jitter; see the operation ``jitter``. The paper's results are of ``released_v1``
    (footnote 12)."""
    crop_area: Share = (0.08, 1.0)
    """Share of the image that a crop covers, both the shared one and the transformation. Appendix A: U(0.08, 1)."""

    def branches(self) -> Branches:
        names = dict.fromkeys((self.first, self.second))  # a set that keeps its order
        first = tuple(operation for name in names for operation in self._transformation(name))
        return Branches(shared=(Crop(area=self.crop_area),), first=first)

    def _transformation(self, name: Transformation) -> Operations:
        """One transformation of Figure 5; its crop flips too, as in "crop, resize (and flip)"."""
        operations: dict[Transformation, Operations] = {
            "crop": (Crop(area=self.crop_area), Flip()),
            "cutout": (Cutout(),),
            "color": color_distortion(self.strength, self.color_form),
            "sobel": (Sobel(),),
            "noise": (Noise(),),
            "blur": (Blur(),),
            "rotate": (Rotate(),),
        }
        return operations[name]


@POLICIES.add()
class AutoAugment(PolicyConfig):
    """The policy of Table 1's column "AutoAug": crop, flip, then a sub-policy of AutoAugment (Cubuk et al. 2019) in
    place of colour distortion and blur. The paper does not say how it combines it with crop and flip; this order is
    that of torchvision's training recipes."""

    policy: Literal["auto_augment"] = "auto_augment"
    searched_on: SearchedOn = "imagenet"
    """Data set on which the sub-policies were searched for. The paper trains on ImageNet."""
    crop_area: Share = (0.08, 1.0)
    """Share of the image that the crop covers. Appendix A: U(0.08, 1)."""

    def branches(self) -> Branches:
        return Branches(both=(Crop(area=self.crop_area), Flip(), SubPolicy(searched_on=self.searched_on)))


@POLICIES.add()
class CustomAugment(PolicyConfig):
    """Operations of your own choice, by name or with their settings, applied in this order."""

    policy: Literal["custom"] = "custom"
    shared: Operations = ()
    """Operations drawn once for an image: both branches get the same outcome."""
    both: Operations = ()
    """Operations drawn for each branch on its own."""
    first: Operations = ()
    """Operations on the first branch only, after ``both``."""
    second: Operations = ()
    """Operations on the second branch only, after ``both``."""

    def branches(self) -> Branches:
        return Branches(self.shared, self.both, self.first, self.second)


BROADER: Operations = (Sobel(probability=0.2), Equalize(), Solarize(), MotionBlur())
"""Operations that appendix B.2 adds."""

ADDITIONS: dict[Addition, OperationConfig] = {
    "rotate": Rotate(),
    "noise": Noise(probability=0.5),
    "sobel": Sobel(probability=0.5),
}
"""Operations that the last rows of Table 3 add."""


def color_distortion(strength: float, color_form: ColorForm = "torchvision") -> Operations:
    """Jitter, then grayscale. Appendix A: (0.8 s, 0.8 s, 0.8 s, 0.2 s)."""
    jitter = Jitter(
        brightness=0.8 * strength,
        color_form=color_form,
        contrast=0.8 * strength,
        saturation=0.8 * strength,
        hue=0.2 * strength,
    )
    return (jitter, Grayscale())

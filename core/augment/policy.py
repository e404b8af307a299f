"""From a policy to two views of every image."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.augment.auto_augment import random_sub_policy
from core.augment.blur import random_blur
from core.augment.crop import random_resized_crop
from core.augment.cutout import random_cutout
from core.augment.equalize import random_equalize
from core.augment.flip import random_flip
from core.augment.grayscale import random_grayscale
from core.augment.jitter import random_jitter
from core.augment.motion_blur import random_motion_blur
from core.augment.noise import random_noise
from core.augment.resample import resize
from core.augment.rotate import random_rotate
from core.augment.sobel import random_sobel
from core.augment.solarize import random_solarize
from core.config import augment as config

APPLY: dict[type[config.Operation], Callable[..., Tensor]] = {
    config.Crop: random_resized_crop,
    config.Flip: random_flip,
    config.Jitter: random_jitter,
    config.Grayscale: random_grayscale,
    config.Cutout: random_cutout,
    config.Sobel: random_sobel,
    config.Noise: random_noise,
    config.Blur: random_blur,
    config.Rotate: random_rotate,
    config.Equalize: random_equalize,
    config.Solarize: random_solarize,
    config.MotionBlur: random_motion_blur,
    config.SubPolicy: random_sub_policy,
}

BROADER: config.Operations = (
    config.Sobel(probability=0.2),
    config.Equalize(),
    config.Solarize(),
    config.MotionBlur(),
)
"""What appendix B.2 adds."""

ADDITIONS: dict[config.Addition, config.Operation] = {
    "rotate": config.Rotate(),
    "noise": config.Noise(probability=0.5),
    "sobel": config.Sobel(probability=0.5),
}
"""What the last rows of Table 3 add."""


@dataclass(frozen=True)
class Branches:
    """What every policy comes down to: operations in order, and the branches that they act on."""

    shared: config.Operations = ()
    both: config.Operations = ()
    first: config.Operations = ()
    second: config.Operations = ()


def two_views(
    images: Tensor, policy: config.AugmentConfig, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """uint8 images (N, 3, H, W) -> float32 views (2N, 3, size, size), or (2N, 3, H, W), in [0, 1].

    Rows i and N + i are the positive pair made of image i. Every parameter is drawn for each sample. What comes
    first makes the size: a crop takes its box from the whole image, and before anything else the image is resized.
    """
    branches = to_branches(policy)
    views = apply_all(branches.shared, images.float().div_(255), generator, size)
    views = apply_all(branches.both, torch.cat([views, views]), generator, size)
    pair = zip((branches.first, branches.second), views.chunk(2), strict=True)
    return torch.cat([resize(apply_all(operations, half, generator, size), size) for operations, half in pair])


def one_view(
    images: Tensor, policy: config.AugmentConfig, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """uint8 images (N, 3, H, W) -> float32 views (N, 3, size, size), or (N, 3, H, W), in [0, 1], as the first branch
    has them."""
    branches = to_branches(policy)
    operations = branches.shared + branches.both + branches.first
    return resize(apply_all(operations, images.float().div_(255), generator, size), size)


def apply_all(
    operations: config.Operations, images: Tensor, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """Float images (B, 3, H, W) in [0, 1] -> the same, one operation after the other; the first one makes the size."""
    for operation in operations:
        if isinstance(operation, config.Crop):
            images = random_resized_crop(images, generator, operation, size)
        else:
            images = APPLY[type(operation)](resize(images, size), generator, operation)
    return images


def to_branches(policy: config.AugmentConfig) -> Branches:
    """The operations of a policy. Appendix A for ``simclr``, Sec 3.1 for ``composition``, Table 1 for
    ``auto_augment``."""
    match policy:
        case config.SimclrAugment():
            flip = (config.Flip(),) if policy.flip else ()
            blur = (config.Blur(),) if policy.blur else ()
            crop = config.Crop(area=policy.crop_area)
            color = color_distortion(policy.strength, policy.brightness_form)
            also = tuple(ADDITIONS[name] for name in policy.also or ())
            return Branches(both=(crop, *flip, *color, *blur, *(BROADER if policy.broader else ()), *also))
        case config.CompositionAugment():
            crop = config.Crop(area=policy.crop_area)
            targeted = dict.fromkeys((policy.first, policy.second))  # a set that keeps its order
            return Branches(shared=(crop,), first=sum((_targeted(name, policy) for name in targeted), ()))
        case config.AutoAugment():
            sub_policy = config.SubPolicy(searched_on=policy.searched_on)
            return Branches(both=(config.Crop(area=policy.crop_area), config.Flip(), sub_policy))
        case config.CustomAugment():
            return Branches(policy.shared, policy.both, policy.first, policy.second)


def color_distortion(strength: float, brightness_form: config.BrightnessForm = "multiplicative") -> config.Operations:
    """Jitter, then grayscale. Appendix A: (0.8 s, 0.8 s, 0.8 s, 0.2 s)."""
    jitter = config.Jitter(
        brightness=0.8 * strength,
        brightness_form=brightness_form,
        contrast=0.8 * strength,
        saturation=0.8 * strength,
        hue=0.2 * strength,
    )
    return (jitter, config.Grayscale())


def _targeted(name: config.Transformation, policy: config.CompositionAugment) -> config.Operations:
    """One transformation of Figure 5; its crop flips too, as in "crop, resize (and flip)"."""
    transformations: dict[config.Transformation, config.Operations] = {
        "crop": (config.Crop(area=policy.crop_area), config.Flip()),
        "cutout": (config.Cutout(),),
        "color": color_distortion(policy.strength),
        "sobel": (config.Sobel(),),
        "noise": (config.Noise(),),
        "blur": (config.Blur(),),
        "rotate": (config.Rotate(),),
    }
    return transformations[name]

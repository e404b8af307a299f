"""Images as an encoder in a user's own program is called on them, where no data set has prepared them."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import check_type


def take_images(encoder: nn.Module, channels: int) -> None:
    """Let an encoder be called on images (N, channels, H, W): uint8 is divided by 255, floats get the type of its
    weights.

    A call raises ``TypeError`` for anything but a tensor, and ``ValueError`` for another shape, another device or, in
    evaluation mode, values outside [0, 1]. A training may have such views, and no time to look at their values.
    """
    encoder.register_forward_pre_hook(partial(_as_views, channels))


def _as_views(channels: int, encoder: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an encoder's arguments with the images as its views."""
    if not arguments:
        return arguments
    images, *others = arguments
    weights = next((tensor for tensor in encoder.state_dict().values() if tensor.is_floating_point()), None)
    _check(images, channels, weights)
    views = images.float() / 255 if images.dtype == torch.uint8 else images
    if not views.is_floating_point() or (not encoder.training and views.numel() and not _in_range(views)):
        raise ValueError(
            f"images should be uint8, or float in [0, 1]: not {images.dtype} from {images.min().item():g} to "
            f"{images.max().item():g}, and not normalised by a mean and a deviation"
        )
    return (views if weights is None else views.to(weights.dtype), *others)


def _check(images: object, channels: int, weights: Tensor | None) -> None:
    check_type(images, Tensor, "images")
    assert isinstance(images, Tensor)
    if images.ndim != 4 or images.shape[1] != channels:
        raise ValueError(f"images should be (N, {channels}, H, W), not {tuple(images.shape)}; one image is image[None]")
    if weights is not None and images.device != weights.device:
        raise ValueError(
            f"images are on {images.device} and the encoder is on {weights.device}; move one of them, with "
            f"images.to({str(weights.device)!r}) or encoder.to({str(images.device)!r})"
        )


def _in_range(views: Tensor) -> bool:
    return bool(views.amin() >= 0 and views.amax() <= 1)

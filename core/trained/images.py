"""Images of any program, as the views that an encoder takes."""

import torch
from torch import Tensor

from core.config.data import COLORS
from core.errors import check_type
from core.resample import resize


def as_views(images: Tensor, size: int, channels: int = COLORS) -> Tensor:
    """Return float32 views (N, channels, size, size) in [0, 1] of images (N, channels, H, W): uint8, or float in
    [0, 1].

    The square in the middle is resized. Raises ``TypeError`` for anything but a tensor, and ValueError for another
    shape or for values outside [0, 1], as those of images that are normalised by a mean and a deviation.
    """
    check_type(images, Tensor, "images")
    if images.ndim != 4 or images.shape[1] != channels:
        raise ValueError(f"images should be (N, {channels}, H, W), not {tuple(images.shape)}; one image is image[None]")
    views = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    if views.numel() and not (views.amin() >= 0 and views.amax() <= 1):
        raise ValueError("images should be uint8, or float in [0, 1]: not normalised by a mean and a deviation")
    return resize(middle_square(views), size)


def middle_square(images: Tensor) -> Tensor:
    """Return the square in the middle of images (N, C, H, W), whose side is the shorter one."""
    height, width = images.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return images[:, :, top : top + side, left : left + side]

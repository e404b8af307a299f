"""Sharpness."""

import torch.nn.functional as F
from torch import Tensor


def adjust_sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """images (B, C, H, W) in [0, 1], factor (B,): 0 is smoothed, 1 the image itself, 2 sharpened; borders unchanged.

    Smoothed is the mean of the 3 x 3 pixels around, the middle one counted five times, as in PIL and torchvision.
    """
    smooth = (9 * F.avg_pool2d(images, 3, stride=1) + 4 * images[:, :, 1:-1, 1:-1]) / 13
    sharpened = images.clone()
    sharpened[:, :, 1:-1, 1:-1].sub_(smooth).mul_(factor[:, None, None, None]).add_(smooth).clamp_(0, 1)
    return sharpened

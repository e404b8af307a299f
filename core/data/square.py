"""Images of any size as squares of one size."""

import torch
from torch import Tensor


def fit_square(images: Tensor, size: int) -> Tensor:
    """uint8 (..., 3, H, W) -> (..., 3, size, size): the shorter side resized (bicubic, antialiased), the
    longer one cropped to its centre. Images of that size already are left as they are."""
    if images.shape[-2:] == (size, size):
        return images
    from torchvision.transforms.v2 import InterpolationMode  # here, since torchvision takes seconds to import
    from torchvision.transforms.v2 import functional as F

    resized = F.resize(images, [size], InterpolationMode.BICUBIC, antialias=True)
    cropped: Tensor = F.center_crop(resized, [size, size])
    return cropped.to(torch.uint8)

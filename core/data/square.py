"""Images of any size as squares of one size."""

import torch
from torch import Tensor


def fit_square(images: Tensor, size: int) -> Tensor:
    """Fit uint8 images (..., C, H, W) into (..., C, size, size): the shorter side is resized (bicubic, antialiased),
    the longer one cropped to its centre. Images that have this size already are returned unchanged."""
    if images.shape[-2:] == (size, size):
        return images
    from torchvision.transforms.v2 import InterpolationMode  # here, since torchvision takes seconds to import
    from torchvision.transforms.v2 import functional as F

    fitted = F.resize(images, [size], InterpolationMode.BICUBIC, antialias=True)
    cropped: Tensor = F.center_crop(fitted, [size, size])
    return cropped.to(torch.uint8)


def resized(images: Tensor, height: int, width: int) -> Tensor:
    """Resize uint8 images (..., C, H, W) to (..., C, height, width): bicubic, antialiased."""
    from torchvision.transforms.v2 import InterpolationMode  # here, since torchvision takes seconds to import
    from torchvision.transforms.v2 import functional as F

    result: Tensor = F.resize(images, [height, width], InterpolationMode.BICUBIC, antialias=True)
    return result.to(torch.uint8)

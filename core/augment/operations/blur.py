"""Gaussian blur."""

import torch
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config.operations import Blur
from core.resample import blur_matrix, resample


def random_blur(images: Tensor, generator: torch.Generator, config: Blur) -> Tensor:
    """Blur with a standard deviation drawn from U(sigma) pixels. Appendix A."""
    kernel = kernel_size(config.kernel, images.shape[2])
    sigma = uniform(images, generator, *config.sigma)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, lambda some, s: gaussian_blur(some, s, kernel), images, sigma)


def kernel_size(share: float, side: int) -> int:
    """Return an odd number of pixels, at least 3: 23 for 10 % of 224, as in the released code."""
    return max(3, int(share * side) // 2 * 2 + 1)


def gaussian_blur(images: Tensor, sigma: Tensor, kernel: int) -> Tensor:
    """Blur images (B, C, H, W) in [0, 1] by sigma (B,) pixels; borders are reflected."""
    rows = blur_matrix(sigma, kernel, images.shape[2])
    columns = blur_matrix(sigma, kernel, images.shape[3])
    return resample(images, rows, columns).clamp_(0, 1)

"""Mean and deviation of training images, by which an encoder normalises its views."""

import torch
from torch import Tensor, nn

from core.config.models.normalization import Moments
from core.data.dataset import Split
from core.encoder.layers.normalize import lacks_moments, set_moments
from core.randomness import generator
from core.trained.features import whole_views

MOST = 50_000
"""Images that are measured at most, drawn by a fixed seed: all of CIFAR-10. The mean of ImageNet is then within 0.001
of that of all images."""


def fill_moments(model: nn.Module, split: Split, device: torch.device) -> None:
    """Measure the training images where a model asks for their moments and does not have them."""
    if lacks_moments(model):
        set_moments(model, measure(split, device))


def measure(split: Split, device: torch.device, most: int = MOST) -> Moments:
    """Return mean and standard deviation of each channel, over all pixels of the images as they are scored: neither
    cropped nor flipped, at the size of the views."""
    if len(split) > most:
        split = split[torch.randperm(len(split), generator=generator(0, "moments"))[:most].sort().values]
    sums = torch.stack([_sums(views) for views in whole_views(split.images, device, split.view_size)]).sum(dim=0)
    mean, square = sums[1:] / sums[0]
    deviation = (square - mean.square()).clamp(min=0).sqrt()
    return tuple(mean.tolist()), tuple(each or 1.0 for each in deviation.tolist())  # a channel of one value stays


def _sums(views: Tensor) -> Tensor:
    """Return number, sum and sum of squares of the values of each channel of views (B, C, S, S), float64 (3, C)."""
    values = views.transpose(0, 1).flatten(1).double()
    return torch.stack([torch.ones_like(values).sum(dim=1), values.sum(dim=1), values.square().sum(dim=1)])

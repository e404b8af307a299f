"""Normalisation of views by a mean and a deviation, the first step of an encoder that asks for it."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from core.config.models.normalization import OF_DATA, Moments


class Normalize(nn.Module):
    """Maps views (B, C, S, S) to (views - mean) / deviation, by channel.

    Its numbers are no weights: they are in no state dict. Those that were measured are kept beside it, by
    ``measured_moments`` and ``set_moments``.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, moments: Moments | Literal["data"], channels: int) -> None:
        super().__init__()
        self.of_data = moments == OF_DATA
        """Whether its numbers are those of the training images."""
        self.known = not self.of_data
        """Whether it has its numbers."""
        numbers = ((0.0,) * channels, (1.0,) * channels) if moments == OF_DATA else moments
        for name, values in zip(("mean", "deviation"), numbers, strict=True):
            self.register_buffer(name, torch.tensor(values).view(-1, 1, 1), persistent=False)

    def forward(self, views: Tensor) -> Tensor:
        """Raises ``RuntimeError`` where it has no numbers yet, but on the meta device, where no number counts."""
        if not self.known and not views.is_meta:
            raise RuntimeError("encoder.normalize is data, and the mean and deviation were not measured or loaded")
        return (views - self.mean) / self.deviation


def build_normalize(moments: Moments | Literal["data"] | None, channels: int) -> nn.Module:
    """Build the module that normalises views (B, channels, S, S) by moments; the identity for None."""
    return nn.Identity() if moments is None else Normalize(moments, channels)


def moments_of(model: nn.Module) -> Moments | None:
    """Return the moments by which a model normalises; None where it does not."""
    found = next(_within(model), None)
    return None if found is None else (tuple(found.mean.flatten().tolist()), tuple(found.deviation.flatten().tolist()))


def measured_moments(model: nn.Module) -> Moments | None:
    """Return the moments that were measured on training images; None where there are none."""
    return moments_of(model) if any(each.of_data for each in _within(model)) else None


def lacks_moments(model: nn.Module) -> bool:
    """Return whether a model needs moments that are to be measured."""
    return any(not each.known for each in _within(model))


def set_moments(model: nn.Module, moments: Moments | None) -> None:
    """Set the moments of every part of a model that normalises by those of the training images; None sets nothing."""
    for each in _within(model):
        if each.of_data and moments is not None:
            for buffer, values in zip((each.mean, each.deviation), moments, strict=True):
                buffer.copy_(torch.tensor(values).view(-1, 1, 1))
            each.known = True


def _within(model: nn.Module) -> Iterator[Normalize]:
    return (module for module in model.modules() if isinstance(module, Normalize))

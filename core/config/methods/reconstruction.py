"""Base of the methods that reconstruct a view from its representation, and what their decoder costs."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import MethodConfig, Pass
from core.config.methods.counting import NUMBER, product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

SMALLEST = 4
"""Smallest side of a decoder's maps, or a little more."""
FEWEST, MOST = 8, 512
"""Smallest and largest number of channels of a decoder's maps."""


class Reconstruction(MethodConfig):
    """Base of the methods with an encoder, a decoder, and the representation h between them. ``head`` is ignored."""

    gives = "picture"
    measures = (Measure("error", "squared error of a pixel"), Measure("l1", "mean of |h|"))

    sparsity: Annotated[float, Field(ge=0)] = 0.0
    """Weight of a penalty on the mean of |h|, which makes the autoencoder a sparse one. 0: none."""

    def channels(self, pretrain: "PretrainConfig") -> int:
        """Return the number of channels that the decoder reconstructs."""
        return pretrain.data.channels

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with one view of every image."""
        return (Pass(1, image_size),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        convolutions = sum(_convolution(*pair) * pair[1].side ** 2 for pair in self._pairs(pretrain))
        return product_flops(_matrix(pretrain) + convolutions, 1)

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the decoder, and of its maps before and after batch norm for a batch."""
        weights = _matrix(pretrain) + sum(_convolution(*pair) for pair in self._pairs(pretrain))
        values = sum(each.channels * each.side**2 for each in _maps(pretrain))
        return trained_bytes(weights) + 2 * NUMBER * pretrain.batch_size * values

    def _pairs(self, pretrain: "PretrainConfig") -> Iterator[tuple["Map", "Map"]]:
        """Yield input and output of each convolution."""
        return pairwise([*_maps(pretrain), Map(self.channels(pretrain), pretrain.data.image_size)])


class Map(NamedTuple):
    """A map of a decoder, (channels, side, side)."""

    channels: int
    side: int


def decoder_maps(width: int, side: int) -> list[Map]:
    """Return the maps of a decoder from h (width) to a picture (channels, side, side), the smallest first."""
    sides = [side]
    while sides[0] >= 2 * SMALLEST:
        sides.insert(0, -(-sides[0] // 2))
    return [Map(max(FEWEST, min(width, MOST) >> doublings), each) for doublings, each in enumerate(sides)]


def _maps(pretrain: "PretrainConfig") -> list[Map]:
    return decoder_maps(pretrain.encoder.output, pretrain.data.image_size)


def _matrix(pretrain: "PretrainConfig") -> int:
    """Number of weights of the first layer, a matrix."""
    first = _maps(pretrain)[0]
    return pretrain.encoder.output * first.channels * first.side**2


def _convolution(inputs: Map, outputs: Map) -> int:
    """Number of weights of a 3x3 convolution."""
    return 9 * inputs.channels * outputs.channels

"""Decoders: from a representation to a picture."""

from itertools import pairwise

from torch import nn

from core.config.methods.reconstruction import Map, decoder_maps


def build_decoder(width: int, side: int, channels: int = 3) -> nn.Sequential:
    """Build a decoder from h (B, width) to pictures (B, channels, side, side): a matrix to the smallest map, 3x3
    convolutions to the others, each after a batch norm, a ReLU and nearest-neighbour upsampling, and a last one to the
    colours."""
    maps = decoder_maps(width, side)
    first, small = maps[0]
    matrix = nn.Sequential(nn.Linear(width, first * small**2), nn.Unflatten(1, (first, small, small)))
    return nn.Sequential(matrix, *(_grown(*pair) for pair in pairwise(maps)), _picture(maps[-1], channels))


def _grown(inputs: Map, outputs: Map) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(inputs.channels),
        nn.ReLU(inplace=True),
        nn.Upsample(size=(outputs.side, outputs.side)),
        nn.Conv2d(inputs.channels, outputs.channels, 3, padding=1, bias=False),
    )


def _picture(last: Map, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(last.channels), nn.ReLU(inplace=True), nn.Conv2d(last.channels, channels, 3, padding=1)
    )

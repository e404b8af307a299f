"""An encoder of patches: a ResNet that sees one patch of a view at a time."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from core.config.data import COLORS
from core.config.encoder import PatchResNet as PatchSettings
from core.encoder.encoder import Encoder, pool
from core.encoder.resnets.resnet import SMALL_SIDE, ResNet


def build_patch_resnet(settings: PatchSettings, image_size: int, channels: int = COLORS) -> "PatchResNet":
    """Build the encoder f of patches, initialised from torch's global generator."""
    return PatchResNet(settings, channels)


class PatchResNet(Encoder):
    """A ResNet on each patch. Its maps have one place for each patch, and h is the mean over them."""

    stage_names = ResNet.stage_names

    def __init__(self, settings: PatchSettings, channels: int) -> None:
        super().__init__()
        self.grid, self.patch = settings.grid, settings.patch
        small = settings.stem == "small" or (settings.stem == "auto" and settings.patch <= SMALL_SIDE)
        self.network = ResNet(settings, small, channels)
        self.width = self.network.width
        if settings.norm == "layer":
            norm_each_patch(self.network)

    def maps(self, views: Tensor) -> Iterator[Tensor]:
        """Yield the pooled outputs of the stages (B, C, grid, grid), for views (B, C, S, S)."""
        self.network.recompute = self.recompute
        patches = cut(views, self.grid, self.patch)
        for each in self.network.maps(patches):
            yield pool(each).unflatten(0, (self.grid, self.grid, -1)).permute(2, 3, 0, 1)


def cut(views: Tensor, grid: int, size: int) -> Tensor:
    """Return patches (grid * grid * B, C, size, size) of views (B, C, S, S), ordered by place: those of all views from
    the upper left corner, then from the place to the right of it, row by row. They are spread evenly from edge to
    edge."""
    edges = first_edges(views.shape[-1], grid, size)
    return torch.cat([views[..., top : top + size, left : left + size] for top in edges for left in edges])


def first_edges(side: int, grid: int, size: int) -> list[int]:
    """Return the first pixels, along a side of ``side`` pixels, of ``grid`` squares of ``size`` pixels that are spread
    evenly from edge to edge."""
    return [round(place * (side - size) / max(grid - 1, 1)) for place in range(grid)]


def tiled(patches: Tensor, grid: int) -> Tensor:
    """Return patches (grid * grid * B, C, size, size), in the order of ``cut``, side by side: views (B, C, S, S) of S =
    grid * size pixels, of which ``cut`` returns the same patches."""
    apart = patches.unflatten(0, (grid, grid, -1)).permute(2, 3, 0, 4, 1, 5)
    views: Tensor = apart.flatten(4, 5).flatten(2, 3)
    return views


def norm_each_patch(network: nn.Module) -> None:
    """Replace every batch norm of a network by a layer norm over channels and places, with the same weights."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                norm = nn.GroupNorm(1, child.num_features, eps=child.eps)
                norm.weight, norm.bias = child.weight, child.bias
                setattr(module, name, norm)

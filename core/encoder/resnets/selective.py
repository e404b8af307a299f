"""Selective kernels (Li et al. 2019) as in SimCLRv2, with the ResNet-D stem and shortcut that come with them.

Source: SimCLRv2, Sec 3.1, and its released code: two branches, a ratio of 1/16, and at least 32 channels in between.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.encoder.layers.convolution import Convolution3x3

REDUCTION = 16
LEAST = 32


class SelectiveKernel(nn.Module):
    """A 3x3 convolution of twice the width, whose two halves are mixed channel by channel, with shares that depend on
    the whole image. From x (B, channels, S, S) to (B, width, S / stride, S / stride)."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        squeezed = max(width // REDUCTION, LEAST)
        self.conv = Convolution3x3(channels, 2 * width, stride)
        self.bn = nn.BatchNorm2d(2 * width)
        self.squeeze = nn.Conv2d(width, squeezed, 1, bias=False)
        self.squeeze_bn = nn.BatchNorm2d(squeezed)
        self.share = nn.Conv2d(squeezed, 2 * width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        first, second = F.relu_(self.bn(self.conv(x))).chunk(2, dim=1)
        pooled = (first + second).mean(dim=(2, 3), keepdim=True)
        scores = self.share(F.relu_(self.squeeze_bn(self.squeeze(pooled))))
        toward_first, toward_second = scores.chunk(2, dim=1)
        return torch.lerp(second, first, torch.sigmoid(toward_first - toward_second))  # a softmax over the two


class SelectiveBottleneck(nn.Module):
    """A bottleneck whose 3x3 convolution is a ``SelectiveKernel``."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        output = width * self.expansion
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = SelectiveKernel(width, width, stride)
        self.conv3 = nn.Conv2d(width, output, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(output)
        self.downsample = pooled_shortcut(channels, output, stride) if project else nn.Identity()
        nn.init.zeros_(self.bn3.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(F.relu_(self.bn1(self.conv1(x))))
        y = self.bn3(self.conv3(y)) + self.downsample(x)
        return F.relu_(y)


def deep_stem(channels: int, width: int) -> nn.Sequential:
    """Build three 3x3 convolutions in place of one of 7x7; the first has stride 2."""
    half = width // 2
    return nn.Sequential(
        *(nn.Conv2d(channels, half, 3, 2, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(inplace=True)),
        *(nn.Conv2d(half, half, 3, 1, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(inplace=True)),
        nn.Conv2d(half, width, 3, 1, 1, bias=False),
    )


def pooled_shortcut(channels: int, output: int, stride: int) -> nn.Sequential:
    """Build a shortcut that averages 2x2 pixels instead of dropping three of four. At stride 1, the last row and column
    are repeated beyond the border."""
    pad: nn.Module = nn.ReplicationPad2d((0, 1, 0, 1)) if stride == 1 else nn.Identity()
    pool = nn.AvgPool2d(2, stride, ceil_mode=stride > 1)
    return nn.Sequential(pad, pool, nn.Conv2d(channels, output, 1, bias=False), nn.BatchNorm2d(output))

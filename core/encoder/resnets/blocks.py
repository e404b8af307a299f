"""The residual blocks of a ResNet and their shortcuts (He et al. 2016)."""

import torch.nn.functional as F
from torch import Tensor, nn

from core.encoder.layers.convolution import SAFE_CHANNELS, Convolution3x3


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        self.conv1 = Convolution3x3(channels, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = Convolution3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels, width, stride) if project else nn.Identity()
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y)) + self.downsample(x)
        return F.relu_(y)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, the last with four times the width, and a shortcut."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = Convolution3x3(width, width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(channels, width * self.expansion, stride) if project else nn.Identity()
        nn.init.zeros_(self.bn3.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y)) + self.downsample(x)
        return F.relu_(y)


def _shortcut(channels: int, output: int, stride: int) -> nn.Module:
    """Build a shortcut. A narrow one drops the pixels by a pooling of its own, as ``SafeConvolution`` would: files of
    such encoders have the names of its layers."""
    if channels < SAFE_CHANNELS:
        return nn.Sequential(nn.MaxPool2d(1, stride), *_shortcut_of(channels, output, 1))
    return nn.Sequential(*_shortcut_of(channels, output, stride))


def _shortcut_of(channels: int, output: int, stride: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(channels, output, 1, stride, bias=False), nn.BatchNorm2d(output)

"""Convolutions without two faults that those with a stride have on a CPU (PyTorch 2.14.1)."""

import torch.nn.functional as F
from torch import Tensor, nn

SAFE_CHANNELS = 16
"""Channels from which a 1x1 convolution of stride 2 is safe. If there are fewer, its backward pass writes beyond its
memory on a CPU when the batch is odd and channels come last."""


class SafeConvolution(nn.Conv2d):
    """A convolution with a stride, whose results are those of ``nn.Conv2d``.

    A narrow 1x1 convolution drops the pixels by pooling; see ``SAFE_CHANNELS``. A single input pixel is computed with a
    stride of 1: with a stride of 2, the gradient of the weights would hold whatever was in memory before (bfloat16).
    """

    def forward(self, input: Tensor) -> Tensor:
        stride: int | tuple[int, ...] = self.stride
        if self.kernel_size == (1, 1) and self.in_channels < SAFE_CHANNELS:
            input, stride = F.max_pool2d(input, 1, self.stride), 1
        elif input.shape[-2:] == (1, 1):
            stride = 1
        return F.conv2d(input, self.weight, self.bias, stride, self.padding, self.dilation, self.groups)


class Convolution3x3(SafeConvolution):
    """A 3x3 convolution, padded by 1."""

    def __init__(self, channels: int, output: int, stride: int = 1) -> None:
        super().__init__(channels, output, 3, stride, 1, bias=False)


def make_safe(module: nn.Module) -> None:
    """Make a plain convolution with a stride a safe one. Others stay as they are: those that keep the number of pixels
    have no such fault, and those of a class of its own, such as timm's that pad as TensorFlow does, see no single
    pixel."""
    if type(module) is not nn.Conv2d or module.stride == (1, 1) or module.padding_mode != "zeros":
        return
    if isinstance(module.padding, str):  # "valid", which takes no single pixel
        return
    same = all(2 * pad == size - 1 for pad, size in zip(module.padding, module.kernel_size, strict=True))
    if same and module.dilation == (1, 1):
        module.__class__ = SafeConvolution

"""The 3x3 convolutions of a block."""

import torch.nn.functional as F
from torch import Tensor, nn


class Convolution3x3(nn.Conv2d):
    """Padded by 1. Where the input is a single pixel it is computed with a stride of 1, which is the same, since a
    gradient of the weights with a stride of 2 holds what was in memory before: bfloat16 on a CPU, PyTorch 2.14.1."""

    def __init__(self, channels: int, output: int, stride: int = 1) -> None:
        super().__init__(channels, output, 3, stride, 1, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        stride = 1 if input.shape[-2:] == (1, 1) else self.stride
        return F.conv2d(input, self.weight, None, stride, self.padding)

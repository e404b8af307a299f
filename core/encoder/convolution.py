"""3x3 convolutions of a block."""

import torch.nn.functional as F
from torch import Tensor, nn


class Convolution3x3(nn.Conv2d):
    """A 3x3 convolution, padded by 1. A single input pixel is computed with a stride of 1, which gives the same result:
    with a stride of 2, the gradient of the weights would hold whatever was in memory before (bfloat16 on a CPU, PyTorch
    2.14.1)."""

    def __init__(self, channels: int, output: int, stride: int = 1) -> None:
        super().__init__(channels, output, 3, stride, 1, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        stride = 1 if input.shape[-2:] == (1, 1) else self.stride
        return F.conv2d(input, self.weight, None, stride, self.padding)

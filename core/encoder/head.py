"""Projection heads g: h -> z. Paper, Sec 2.1, 4.2 and Figure 8; batch norms and biases as in the released code."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from core.config.head import HeadConfig


def build_head(config: HeadConfig, width: int) -> nn.Sequential:
    """Build g: from h (B, width) to z (B, config.output), or to h itself for ``none``.

    There is one module for each layer, with its batch norm and, except for the last layer, its ReLU. So ``head[:k]`` is
    the first k layers, and no layer is the identity.
    """
    match config.kind:
        case "none":
            return nn.Sequential()
        case "linear":
            return nn.Sequential(_last_layer(width, config))
        case "nonlinear":
            hidden = config.hidden or width
            inputs = [width, *[hidden] * (config.layers - 2)]
            layers = [hidden_layer(each, hidden, config.hidden_norm) for each in inputs]
            return nn.Sequential(*layers, _last_layer(hidden, config))


def build_classifier(width: int, classes: int) -> nn.Sequential:
    """Build the linear classifier of a supervised training: from h (B, width) to logits (B, classes)."""
    layer = nn.Linear(width, classes)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer)


def hidden_layer(width: int, output: int, norm: bool = True) -> nn.Sequential:
    """Build a hidden layer: a matrix, a batch norm if there is one, and a ReLU."""
    if not norm:
        return nn.Sequential(nn.Linear(width, output), nn.ReLU(inplace=True))
    return nn.Sequential(_dense(width, output), nn.BatchNorm1d(output), nn.ReLU(inplace=True))


def _last_layer(width: int, config: HeadConfig) -> nn.Sequential:
    """Build the last layer. Without batch norm it starts as PyTorch starts it: the scale of its output then counts."""
    if config.last_norm == "none":
        return nn.Sequential(nn.Linear(width, config.output, bias=False))
    norm = nn.BatchNorm1d(config.output, affine=config.last_norm == "scaled")
    if norm.bias is not None:
        norm.bias.requires_grad_(False)
    return nn.Sequential(_dense(width, config.output), norm)


def _dense(width: int, output: int) -> nn.Linear:
    """Build a matrix that batch norm follows, so that it needs no bias."""
    layer = nn.Linear(width, output, bias=False)
    nn.init.normal_(layer.weight, std=0.01)
    return layer


class Spaces(nn.Module):
    """Several heads over one representation, each to an embedding space of its own."""

    def __init__(self, heads: Iterable[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, h: Tensor) -> Tensor:
        """Return all spaces side by side, (B, spaces * d), for h (B, width)."""
        return torch.cat([head(h) for head in self.heads], dim=1)

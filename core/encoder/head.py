"""Projection heads g: h -> z. Paper, Sec 2.1, 4.2 and Figure 8; batch norms and biases as in the released code."""

from torch import nn

from core.config.model import HeadConfig


def build_head(config: HeadConfig, width: int) -> nn.Module:
    """g for representations of ``width``: h (B, width) -> z (B, config.output), or h itself for ``none``."""
    match config.kind:
        case "none":
            return nn.Identity()
        case "linear":
            return nn.Sequential(*_last_layer(width, config.output))
        case "nonlinear":
            hidden = [_dense(width, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
            return nn.Sequential(*hidden, *_last_layer(width, config.output))


def _last_layer(width: int, output: int) -> list[nn.Module]:
    """Batch norm of the output has no beta."""
    norm = nn.BatchNorm1d(output)
    norm.bias.requires_grad_(False)
    return [_dense(width, output), norm]


def _dense(width: int, output: int) -> nn.Linear:
    layer = nn.Linear(width, output, bias=False)
    nn.init.normal_(layer.weight, std=0.01)
    return layer

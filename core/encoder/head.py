"""Projection heads g: h -> z. Paper, Sec 2.1, 4.2 and Figure 8; batch norms and biases as in the released code."""

from torch import nn

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
            return nn.Sequential(_last_layer(width, config.output))
        case "nonlinear":
            hidden = [_hidden_layer(width) for _ in range(config.layers - 1)]
            return nn.Sequential(*hidden, _last_layer(width, config.output))


def build_classifier(width: int, classes: int) -> nn.Sequential:
    """Build the linear classifier of a supervised training: from h (B, width) to logits (B, classes)."""
    layer = nn.Linear(width, classes)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer)


def _hidden_layer(width: int) -> nn.Sequential:
    return nn.Sequential(_dense(width, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True))


def _last_layer(width: int, output: int) -> nn.Sequential:
    """Build the last layer, whose batch norm has no beta."""
    norm = nn.BatchNorm1d(output)
    norm.bias.requires_grad_(False)
    return nn.Sequential(_dense(width, output), norm)


def _dense(width: int, output: int) -> nn.Linear:
    layer = nn.Linear(width, output, bias=False)
    nn.init.normal_(layer.weight, std=0.01)
    return layer

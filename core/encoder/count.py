"""Cost of an encoder, counted on the module itself, on the meta device, which computes and stores nothing."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.config.data import COLORS
from core.config.encoder import EncoderConfig
from core.encoder.build import build_encoder

ATTENTION_LAYERS = 4
"""Linear layers of attention: queries, keys, values and outputs."""


def count(config: EncoderConfig, image_size: int, channels: int = COLORS) -> dict[str, int]:
    """Return the numbers of ``core.cost.EncoderCost`` by name, for views (B, channels, image_size, image_size).

    Two views pass the encoder, since batch norm needs more than one value.
    """
    with torch.device("meta"):
        encoder = build_encoder(config, image_size, channels)
        views = torch.empty(2, channels, image_size, image_size)
    outputs: list[int] = []
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(lambda *seen: outputs.append(_values(seen[2])))
        if isinstance(module, nn.MultiheadAttention):  # its four linear layers are no modules that run
            module.register_forward_hook(lambda *seen: outputs.append(ATTENTION_LAYERS * _values(seen[2][0])))
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        encoder(views)  # fused attention is not counted on every device
    return {
        "parameters": sum(weight.numel() for weight in encoder.parameters() if weight.ndim > 1),
        "flops": counter.get_total_flops() // 2,
        "activations": sum(outputs) // 2,
    }


def _values(output: Any) -> int:
    assert isinstance(output, Tensor)
    return output.numel()

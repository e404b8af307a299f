"""What is counted from a configuration is what PyTorch counts of the model."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.config import EncoderConfig
from core.cost import convolutions, forward_flops, parameters, training_bytes, training_flops
from core.encoder.resnet import build_encoder

CASES = [
    (EncoderConfig(name="resnet10", width=0.25), 32),
    (EncoderConfig(name="resnet10", width=0.25, stem="imagenet"), 33),
    (EncoderConfig(name="resnet18"), 32),
    (EncoderConfig(name="resnet34", width=2), 50),
    (EncoderConfig(name="resnet50"), 224),
    (EncoderConfig(name="resnet50", selective_kernels=True), 96),
    (EncoderConfig(name="resnet101", width=2, selective_kernels=True), 32),
    (EncoderConfig(name="resnet152"), 64),
]


@pytest.mark.parametrize(("config", "side"), CASES, ids=lambda value: getattr(value, "name", value))
def test_flops_and_parameters_are_what_pytorch_counts(config: EncoderConfig, side: int) -> None:
    with torch.device("meta"):
        encoder = build_encoder(config, side)
        with FlopCounterMode(display=False) as counter:
            encoder(torch.empty(2, 3, side, side))
    assert 2 * forward_flops(config, side) == counter.get_total_flops()
    weights = sum(module.weight.numel() for module in encoder.modules() if isinstance(module, nn.Conv2d))
    assert sum(layer.parameters for layer in convolutions(config, side)) == weights


def test_a_training_step_is_about_three_forward_passes() -> None:
    """Of the first convolution no gradient of its input is needed, which is why it is less than three."""
    config, side = EncoderConfig(name="resnet18"), 32
    with torch.device("meta"):
        encoder = build_encoder(config, side)
        with FlopCounterMode(display=False) as counter:
            encoder(torch.empty(2, 3, side, side)).sum().backward()
    assert counter.get_total_flops() == pytest.approx(training_flops(config, side), rel=0.02)


@pytest.mark.parametrize(
    ("name", "side", "batch", "measured"),
    [
        ("resnet18", 32, 512, 2.56),
        ("resnet18", 32, 1024, 4.83),
        ("resnet50", 32, 1024, 25.00),
        ("resnet50", 224, 256, 22.54),
    ],
)
def test_memory_is_about_what_a_gpu_used(name: str, side: int, batch: int, measured: float) -> None:
    """GiB of benchmarks/README.md, on an H100 in bfloat16."""
    estimate = training_bytes(EncoderConfig.model_validate({"name": name}), side, 2 * batch, value_bytes=2)
    assert estimate / 2**30 == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize(
    ("name", "width", "millions"), [("resnet18", 1, 11.2), ("resnet50", 1, 23.6), ("resnet50", 4, 375.6)]
)
def test_encoders_have_figure_7s_numbers_of_parameters(name: str, width: int, millions: float) -> None:
    config = EncoderConfig.model_validate({"name": name, "width": width})
    assert parameters(config, 224) / 1e6 == pytest.approx(millions, rel=0.01)

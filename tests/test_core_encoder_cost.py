"""The cost of an encoder and of a training agrees with a count by hand and with PyTorch's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.config import PretrainConfig, ResNet
from core.cost import encoder_cost, forward_flops, parameters, training_bytes, training_flops, training_pixels
from core.encoder.build import build_encoder
from core.files import cache_dir
from helpers import small_config

CASES = [
    (ResNet(name="resnet10", width=0.25), 32),
    (ResNet(name="resnet10", width=0.25, stem="imagenet"), 33),
    (ResNet(name="resnet18"), 32),
    (ResNet(name="resnet34", width=2), 50),
    (ResNet(name="resnet50"), 224),
    (ResNet(name="resnet50", selective_kernels=True), 96),
    (ResNet(name="resnet101", width=2, selective_kernels=True), 32),
    (ResNet(name="resnet152"), 64),
]


def convolutions(config: ResNet, side: int) -> list[tuple[int, int, int, int]]:
    """The oracle, written out: inputs, outputs, kernel and output side of every convolution (He et al. 2016, Table 1,
    and SimCLRv2's code for selective kernels)."""
    small, width = config.stem == "small" or (config.stem == "auto" and side <= 32), round(64 * config.width)
    blocks = {
        "resnet10": (1, 1, 1, 1),
        "resnet18": (2, 2, 2, 2),
        "resnet101": (3, 4, 23, 3),
        "resnet152": (3, 8, 36, 3),
    }
    side = side if small else -(-side // 2)
    half = width // 2
    found = [(3, width, 3 if small else 7, side)]
    if config.selective_kernels and not small:
        found = [(3, half, 3, side), (half, half, 3, side), (half, width, 3, side)]
    side = side if small else -(-side // 2)
    channels = width
    for stage, count in enumerate(blocks.get(config.name, (3, 4, 6, 3))):
        inner, output = width * 2**stage, width * 2**stage * (4 if config.bottleneck else 1)
        for block in range(count):
            out = -(-side // 2) if stage and block == 0 else side
            if not config.bottleneck:
                found += [(channels, inner, 3, out), (inner, inner, 3, out)]
            else:
                squeezed = max(inner // 16, 32)
                middle = [(inner, inner, 3, out)]
                if config.selective_kernels:
                    middle = [(inner, 2 * inner, 3, out), (inner, squeezed, 1, 1), (squeezed, 2 * inner, 1, 1)]
                found += [(channels, inner, 1, side), *middle, (inner, output, 1, out)]
            if block == 0 and (stage or channels != output or inner > 64):
                found.append((channels, output, 1, out))
            channels, side = output, out
    return found


@pytest.mark.parametrize(("config", "side"), CASES, ids=lambda value: getattr(value, "name", value))
def test_an_encoder_costs_what_its_layers_cost(config: ResNet, side: int) -> None:
    layers = convolutions(config, side)
    cost = encoder_cost(config, side)
    assert cost.parameters == sum(inputs * outputs * kernel**2 for inputs, outputs, kernel, _ in layers)
    assert cost.flops == sum(2 * inputs * outputs * kernel**2 * out**2 for inputs, outputs, kernel, out in layers)
    assert cost.activations == sum(outputs * out**2 for _, outputs, _, out in layers)


def test_a_training_step_is_about_three_forward_passes() -> None:
    """The first convolution needs no gradient of its input, so that it is less than three."""
    config = PretrainConfig.model_validate(
        {"encoder": {"name": "resnet18"}, "data": {"name": "cifar10", "image_size": 32}}
    )
    with torch.device("meta"):
        encoder = build_encoder(config.encoder, 32)
        with FlopCounterMode(display=False) as counter:
            encoder(torch.empty(2, 3, 32, 32)).sum().backward()
    assert counter.get_total_flops() == pytest.approx(training_flops(config), rel=0.02)
    assert training_flops(config) == 6 * forward_flops(config.encoder, 32)
    assert training_pixels(config) == 2 * 32**2


def test_a_supervised_training_has_one_view() -> None:
    config = small_config(loss={"kind": "cross_entropy"})
    assert training_flops(config) == training_flops(small_config()) / 2
    assert training_pixels(config) == 16**2


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
    values = {"encoder": {"name": name}, "data": {"name": "cifar10", "image_size": side}, "batch_size": batch}
    assert training_bytes(PretrainConfig.model_validate(values), value_bytes=2) / 2**30 == pytest.approx(
        measured, rel=0.1
    )


@pytest.mark.parametrize(
    ("name", "width", "millions"), [("resnet18", 1, 11.2), ("resnet50", 1, 23.6), ("resnet50", 4, 375.6)]
)
def test_encoders_have_figure_7s_numbers_of_parameters(name: str, width: int, millions: float) -> None:
    config = ResNet.model_validate({"name": name, "width": width})
    assert parameters(config, 224) / 1e6 == pytest.approx(millions, rel=0.01)


def test_chunks_keep_the_activations_of_one_chunk() -> None:
    whole, chunked = (training_bytes(small_config(batch_size=64, **more), 4) for more in ({}, {"batch_norm_chunk": 32}))
    weights = 3 * 4 * parameters(small_config().encoder, 16)
    assert (whole - weights) == 4 * (chunked - weights)
    assert training_bytes(small_config(batch_size=64), 4, workers=2) - weights == (whole - weights) / 2


def test_an_encoder_that_was_counted_before_needs_no_torch() -> None:
    """The counts are in the user's cache; those of another encoder are not taken for them, nor is a damaged file."""
    program = (
        "import sys; from core.config import ResNet; from core.cost import encoder_cost\n"
        "cost = encoder_cost(ResNet(name='resnet10', width={width}), 20)\n"
        "print(cost.flops, 'torch' in sys.modules)"
    )

    def told(width: float) -> list[str]:
        text = program.format(width=width)
        return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()

    flops = str(encoder_cost(ResNet(name="resnet10", width=0.14), 20).flops)
    assert told(0.14) == [flops, "False"]
    assert told(0.15)[1] == "True"
    for path in (cache_dir() / "encoders").glob("*.json"):
        if json.loads(path.read_text()).get("flops") == int(flops):
            Path(path).write_text("{")
    assert told(0.14) == [flops, "True"]
    assert told(0.14) == [flops, "False"]

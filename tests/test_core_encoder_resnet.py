"""Encoders have the paper's sizes and torchvision's arithmetic; heads have the released code's layers."""

import copy
import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import scipy.stats
import torch
import torchvision
from pydantic import ValidationError
from torch import Tensor, nn

from core.config import HeadConfig, ResNet
from core.encoder.build import build_encoder
from core.encoder.fingerprint import encoder_hash
from core.encoder.head import build_classifier, build_head
from core.encoder.layers.convolution import Convolution3x3, SafeConvolution
from core.encoder.libraries.model import LibraryModel
from core.encoder.resnets.selective import SelectiveKernel, pooled_shortcut

FIGURE_7 = {
    ("resnet18", 1): 11.2, ("resnet18", 2): 44.7, ("resnet18", 4): 178.7,
    ("resnet34", 1): 21.3, ("resnet34", 2): 85.1, ("resnet34", 4): 340.4,
    ("resnet50", 1): 23.6, ("resnet50", 2): 94.0, ("resnet50", 4): 375.6,
    ("resnet101", 1): 42.6, ("resnet101", 2): 170.0,
    ("resnet152", 1): 58.3, ("resnet152", 2): 232.6,
}  # fmt: skip
"""Millions of parameters."""


SIMCLRV2_TABLE_1 = {
    ("resnet50", 1): 35, ("resnet50", 2): 140, ("resnet101", 1): 65, ("resnet101", 2): 257,
    ("resnet152", 1): 89, ("resnet152", 2): 354, ("resnet152", 3): 795,
}  # fmt: skip
"""Millions of parameters, with selective kernels."""


def millions(**config: object) -> float:
    """Millions of parameters as the papers count them, with the statistics of batch norm."""
    with torch.device("meta"):
        encoder = build_encoder(ResNet.model_validate(config), 224)
    statistics = [buffer.numel() for key, buffer in encoder.named_buffers() if "running" in key]
    return (sum(p.numel() for p in encoder.parameters()) + sum(statistics)) / 1e6


@pytest.mark.parametrize(("name", "width"), FIGURE_7)
def test_parameters_are_figure_7s(name: str, width: int) -> None:
    assert round(millions(name=name, width=width), 1) == FIGURE_7[name, width]


@pytest.mark.parametrize(("name", "width"), SIMCLRV2_TABLE_1)
def test_parameters_with_selective_kernels_are_simclrv2s(name: str, width: int) -> None:
    assert round(millions(name=name, width=width, selective_kernels=True)) == SIMCLRV2_TABLE_1[name, width]


def test_a_selective_kernel_written_out() -> None:
    """Each channel of each image is mixed from two by a softmax over two scores of the image's average."""
    layer = SelectiveKernel(4, 6, 2).eval()
    x = torch.randn(3, 4, 8, 8)
    both = torch.relu(layer.bn(layer.conv(x)))
    squeezed = torch.relu(layer.squeeze_bn(layer.squeeze((both[:, :6] + both[:, 6:]).mean((2, 3), keepdim=True))))
    scores = layer.share(squeezed)
    expected = torch.empty(3, 6, 4, 4)
    for image, channel in itertools.product(range(3), range(6)):
        a, b = scores[image, channel].exp().item(), scores[image, 6 + channel].exp().item()
        expected[image, channel] = (a * both[image, channel] + b * both[image, 6 + channel]) / (a + b)
    assert torch.allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize(("stride", "side"), [(1, 7), (2, 8), (2, 7)])
def test_the_pooled_shortcut_averages_what_is_there(stride: int, side: int) -> None:
    pad, pool, *_ = pooled_shortcut(1, 1, stride)
    x = torch.randn(1, 1, side, side)
    pooled = pool(pad(x))
    for row, column in itertools.product(range(pooled.shape[2]), repeat=2):
        window = x[0, 0, row * stride : row * stride + 2, column * stride : column * stride + 2]
        assert pooled[0, 0, row, column].item() == pytest.approx(window.mean().item(), abs=1e-6)
    assert pooled.shape[2] == math.ceil(side / stride)


def test_selective_kernels_need_a_bottleneck() -> None:
    with pytest.raises(ValidationError, match="resnet18 has no bottleneck"):
        ResNet(name="resnet18", selective_kernels=True)


@pytest.mark.parametrize("side", [32, 65])
def test_an_encoder_with_selective_kernels_gives_its_h(side: int) -> None:
    encoder = build_encoder(ResNet(name="resnet50", width=0.125, selective_kernels=True), side)
    assert encoder(torch.rand(2, 3, side, side)).shape == (2, encoder.width) == (2, 256)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_outputs_are_torchvisions_for_the_same_weights(name: str) -> None:
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)()
    theirs.fc = nn.Identity()
    ours = build_encoder(ResNet.model_validate({"name": name}), 224)
    ours.load_state_dict(theirs.state_dict())
    views = torch.rand(2, 3, 64, 64)
    assert torch.allclose(ours.eval()(views), theirs.eval()(views), atol=1e-5)


@pytest.mark.parametrize(
    ("stem", "side", "first_stage"), [("auto", 32, 32), ("auto", 33, 9), ("small", 64, 64), ("imagenet", 32, 8)]
)
def test_stem_keeps_small_images_large(stem: str, side: int, first_stage: int) -> None:
    encoder = build_encoder(ResNet.model_validate({"name": "resnet10", "width": 0.125, "stem": stem}), side)
    sizes: list[int] = []
    last = list(encoder.get_submodule("layer1").children())[-1]
    last.register_forward_hook(lambda module, inputs, output: sizes.append(output.shape[-1]))
    h = encoder(torch.rand(2, 3, side, side))
    assert sizes == [first_stage]
    assert h.shape == (2, encoder.width) == (2, 64)


def test_last_gamma_of_each_block_starts_at_zero() -> None:
    for name, last in (("resnet18", "bn2"), ("resnet50", "bn3")):
        encoder = build_encoder(ResNet.model_validate({"name": name, "width": 0.25}), 32)
        gammas = [p for n, p in encoder.named_parameters() if n.endswith(f"{last}.weight")]
        assert gammas
        assert all((gamma == 0).all() for gamma in gammas)


def parts(head: nn.Module) -> list[list[str]]:
    """Kinds of the modules of each layer."""
    return [[type(part).__name__ for part in layer.children()] for layer in head.children()]


def test_heads() -> None:
    h = torch.randn(4, 32)
    assert build_head(HeadConfig(kind="none"), 32)(h) is h
    assert HeadConfig(kind="none").depth == 0
    linear = build_head(HeadConfig(kind="linear", output=8), 32)
    nonlinear = build_head(HeadConfig(output=8), 32)
    assert linear(h).shape == nonlinear(h).shape == (4, 8)
    assert parts(linear) == [["Linear", "BatchNorm1d"]]
    assert parts(nonlinear) == [
        ["Linear", "BatchNorm1d", "ReLU"],
        ["Linear", "BatchNorm1d"],
    ]
    assert len(nonlinear.get_parameter("0.0.weight")) == 32
    assert not any(part.bias is not None for part in nonlinear.modules() if isinstance(part, nn.Linear))
    trainable = [part.bias.requires_grad for part in nonlinear.modules() if isinstance(part, nn.BatchNorm1d)]
    assert trainable == [True, False]


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_deeper_heads(layers: int) -> None:
    config = HeadConfig(layers=layers, output=8)
    head = build_head(config, 32)
    assert len(head) == config.depth == layers
    widths = [part.out_features for part in head.modules() if isinstance(part, nn.Linear)]
    assert widths == [32] * (layers - 1) + [8]


@pytest.mark.parametrize(
    ("changes", "layers"),
    [
        (
            {"hidden": 16},
            [["Linear", "BatchNorm1d", "ReLU"], ["Linear", "BatchNorm1d", "ReLU"], ["Linear", "BatchNorm1d"]],
        ),
        ({"hidden": 16, "last_norm": "none"}, [["Linear", "BatchNorm1d", "ReLU"]] * 2 + [["Linear"]]),
        ({"hidden_norm": False, "last_norm": "none"}, [["Linear", "ReLU"]] * 2 + [["Linear"]]),
    ],
)
def test_heads_of_other_methods(changes: dict[str, object], layers: list[list[str]]) -> None:
    config = HeadConfig.model_validate({"layers": 3, "output": 8} | changes)
    head = build_head(config, 32)
    assert [[type(part).__name__ for part in layer.children()] for layer in head] == layers
    matrices = [part for part in head.modules() if isinstance(part, nn.Linear)]
    hidden = config.hidden or 32
    assert [part.out_features for part in matrices] == [hidden, hidden, 8]
    assert config.weights(32) == sum(part.weight.numel() for part in matrices)
    assert [part.bias is not None for part in matrices] == [not config.hidden_norm] * 2 + [False]
    assert head(torch.randn(4, 32)).std() > 0.05


def test_a_plain_last_norm_has_no_parameters() -> None:
    head = build_head(HeadConfig(last_norm="plain", output=8), 32)
    assert list(head[-1][1].parameters()) == []  # type: ignore[index]
    assert HeadConfig(kind="none").width(32) == 32
    assert HeadConfig(kind="none").weights(32) == 0
    assert HeadConfig(kind="linear", output=8).weights(32) == 32 * 8


def test_hash_tells_encoders_apart() -> None:
    encoder = build_encoder(ResNet(name="resnet10", width=0.125), 32)
    before = encoder_hash(encoder)
    assert encoder_hash(encoder) == before
    with torch.no_grad():
        next(encoder.parameters()).view(-1)[0] += 1e-6
    assert encoder_hash(encoder) != before


def test_a_narrow_encoder_trains_on_an_odd_batch_with_channels_last() -> None:
    """The shortcuts of 8 channels made PyTorch 2.14.1 end the process; here a process of its own is at stake."""
    code = (
        "import torch\n"
        "from core.config import ResNet\n"
        "from core.encoder.build import build_encoder\n"
        "encoder = build_encoder(ResNet(name='resnet10', width=0.125), 16)\n"
        "encoder.to(memory_format=torch.channels_last)\n"
        "for _ in range(20):\n"
        "    views = torch.rand(5, 3, 16, 16).contiguous(memory_format=torch.channels_last)\n"
        "    encoder(views).square().mean().backward()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent).returncode == 0


def librarys(channels: int, output: int, stride: int) -> nn.Conv2d:
    """A convolution as a library has it, in an encoder."""
    network = LibraryModel(nn.Conv2d(channels, output, 3, stride, 1, bias=False), output, nn.Identity()).network
    assert isinstance(network, nn.Conv2d)
    return network


@pytest.mark.parametrize(("made", "stride"), [(Convolution3x3, 1), (Convolution3x3, 2), (librarys, 2)])
def test_a_convolution_of_a_single_pixel_has_the_gradient_that_it_should(
    made: Callable[[int, int, int], nn.Conv2d], stride: int
) -> None:
    """In bfloat16 a stride of 2 gave what was in memory before."""
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(64, 16, 1, 1, generator=draw)
    convolution = made(16, 32, stride)
    given = torch.randn(64, 32, 1, 1, generator=draw)
    expected = torch.einsum("bihw,bjhw->ji", images, given)
    for size in (64, 1000, 9 * 16 * 32, 5000):
        low = copy.deepcopy(convolution).to(torch.bfloat16).to(memory_format=torch.channels_last)
        del [torch.full((size,), math.nan)][:]
        low(images.bfloat16()).backward(given.bfloat16())
        assert low.weight.grad is not None
        torch.testing.assert_close(low.weight.grad[:, :, 1, 1].float(), expected, atol=0.5, rtol=0.05)
        assert int(low.weight.grad.count_nonzero()) <= 16 * 32


@pytest.mark.parametrize("options", [{"kernel_size": 1}, {"kernel_size": 3, "padding": 1, "groups": 4}])
@pytest.mark.parametrize("side", [1, 9])
def test_a_librarys_convolution_is_what_it_was(options: dict[str, int], side: int) -> None:
    """A narrow one drops pixels before and not after; the gradient is the same. The batch is odd."""
    plain = nn.Conv2d(8, 16, stride=2, **options)  # type: ignore[arg-type]
    model = LibraryModel(copy.deepcopy(plain), 16, nn.Identity()).network
    assert type(model) is SafeConvolution
    images = torch.randn(5, 8, side, side)
    for network in (plain, model):
        network(images).square().sum().backward()
    torch.testing.assert_close(model(images), plain(images))
    torch.testing.assert_close(model.weight.grad, plain.weight.grad)


def weight_of(encoder: nn.Module, name: str) -> Tensor:
    return encoder.get_parameter(f"{name}.weight").detach().double()


def test_convolutions_are_initialised_as_in_pytorch_or_as_in_the_released_code() -> None:
    """The released code: tf.variance_scaling_initializer() of fan in, scale 1, truncated normal. Ours are
    compared with scipy's truncated normal of two standard deviations, by moments and by Kolmogorov's distance."""
    torch.manual_seed(0)
    shapes = {"conv1": (3, 7), "layer1.0.conv2": (64, 3), "layer4.0.downsample.0": (256, 1)}  # C_in, kernel
    encoders = {
        name: build_encoder(ResNet.model_validate({"name": "resnet18", "initialisation": name}), 224)
        for name in ("fan_out", "released")
    }
    assert ResNet().initialisation == "fan_out"
    for name, (channels, kernel) in shapes.items():
        released = weight_of(encoders["released"], name).flatten()
        deviation = math.sqrt(1 / (channels * kernel**2))
        scale = deviation / scipy.stats.truncnorm(-2, 2).std()
        assert released.std().item() == pytest.approx(deviation, rel=0.03)
        assert released.abs().max() <= 2 * scale * (1 + 1e-6)
        assert released.abs().max() > 1.9 * scale
        assert scipy.stats.kstest(released.numpy()[:9000], scipy.stats.truncnorm(-2, 2, scale=scale).cdf).pvalue > 1e-4
        weight = weight_of(encoders["fan_out"], name)
        fan_out = weight.shape[0] * kernel**2
        assert weight.std().item() == pytest.approx(math.sqrt(2 / fan_out), rel=0.03)
        assert scipy.stats.kstest(weight.flatten().numpy()[:9000], "norm", (0, math.sqrt(2 / fan_out))).pvalue > 1e-4


def test_every_convolution_has_the_initialisation_selective_kernels_too() -> None:
    torch.manual_seed(0)
    settings = ResNet(name="resnet50", width=0.25, selective_kernels=True, initialisation="released")
    for module in build_encoder(settings, 224).modules():
        if isinstance(module, nn.Conv2d):
            weight = module.weight.detach()
            assert weight.std().item() == pytest.approx(weight[0].numel() ** -0.5, rel=0.12)


def test_batch_norms_have_the_released_codes_constants() -> None:
    """batch_norm_decay 0.9, of which torch's momentum is the rest, and BATCH_NORM_EPSILON 1e-5."""
    encoder = build_encoder(ResNet(name="resnet50", width=0.125, selective_kernels=True), 224)
    modules = [*encoder.modules(), *build_head(HeadConfig(), 16).modules()]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.1, 1e-5)}


def test_dense_layers_of_the_head_are_normal_with_a_hundredth_as_in_the_released_code() -> None:
    """tf.random_normal_initializer(stddev=.01), in the projection head and in the supervised head."""
    torch.manual_seed(0)
    dense = [m for m in build_head(HeadConfig(layers=3), 512).modules() if isinstance(m, nn.Linear)]
    dense += [module for module in build_classifier(512, 200) if isinstance(module, nn.Linear)]
    for layer in dense:
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.03)
        assert layer.bias is None or (layer.bias == 0).all()
    assert len(dense) == 4

"""Encoders of timm and torchvision: width, stages, exclusions, cost, errors, and a training that resumes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from safetensors.torch import save_file
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

from core.config import PretrainConfig, Timm, Torchvision
from core.config.encoder import EncoderConfig
from core.cost import encoder_cost
from core.encoder.build import build_encoder
from core.encoder.count import count
from core.encoder.encoder import Encoder
from core.encoder.fingerprint import encoder_hash
from core.encoder.layers import global_norm
from core.optimizer.build import build_optimizer
from core.pretraining.training import Training
from core.trained.export import export_encoder, library_call, load_encoder, moments, torchvision_weights
from helpers import random_dataset, small_config

VIT = Timm(name="test_vit", patch_size=8)
ENCODERS: list[tuple[EncoderConfig, int]] = [
    (VIT, 16),
    (Timm(name="test_convnext"), 32),
    (Timm(name="test_efficientnet"), 32),
    (Torchvision(name="mobilenet_v3_small"), 32),
]


def named(config: EncoderConfig) -> str:
    return str(getattr(config, "name", config.kind))


@pytest.fixture(scope="module", params=ENCODERS, ids=lambda each: named(each[0]))
def built(request: pytest.FixtureRequest) -> tuple[EncoderConfig, int, Encoder]:
    config, side = request.param
    torch.manual_seed(0)
    return config, side, build_encoder(config, side)


def test_h_and_stages_have_the_widths_that_the_configuration_says(built: tuple[EncoderConfig, int, Encoder]) -> None:
    config, side, encoder = built
    views = torch.rand(2, 3, side, side)
    assert encoder(views).shape == (2, config.output)
    found = encoder.stages(views) if config.stages else {}
    assert tuple(found) == config.stages
    assert all(each.shape[0] == 2 and each.ndim == 2 for each in found.values())


def test_nothing_is_dropped_at_random(built: tuple[EncoderConfig, int, Encoder]) -> None:
    _, side, encoder = built
    views = torch.rand(2, 3, side, side)
    torch.testing.assert_close(encoder.train()(views), encoder(views), rtol=0, atol=0)


def test_the_cost_is_that_of_the_real_module(built: tuple[EncoderConfig, int, Encoder]) -> None:
    """The oracle multiplies shapes as every layer sees them."""
    config, side, encoder = built
    products: list[int] = []
    hooks = [module.register_forward_hook(multiplied(products)) for module in encoder.modules()]
    with torch.no_grad():
        encoder(torch.rand(1, 3, side, side).expand(2, -1, -1, -1))
    for hook in hooks:
        hook.remove()
    cost = encoder_cost(config, side)
    assert cost.parameters == sum(p.numel() for p in encoder.parameters() if p.ndim > 1)
    attention = 6 * 2 * 2 * 5**2 * 64 if config == VIT else 0  # 6 blocks, two products of 5 tokens in 64 channels
    assert cost.flops == 2 * sum(products) // 2 + attention


def multiplied(products: list[int]) -> Any:
    """A hook that notes the multiplications of a convolution or a linear layer."""

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, nn.Conv2d | nn.Linear):
            products.append(output.numel() * module.weight[0].numel())

    return note


def test_attention_of_torchvision_is_counted() -> None:
    found = count(Torchvision(name="vit_b_16"), 32)
    tokens, width, blocks = 5, 768, 12
    layers = tokens * (4 * width + 4 * width + width)  # queries, keys, values, outputs; the two layers of the MLP
    assert found["activations"] == blocks * layers + 4 * width  # and the patches


def test_tokens_and_positions_have_no_decay_and_no_adaptation() -> None:
    encoder = build_encoder(VIT, 16)
    names = {id(parameter): name for name, parameter in encoder.named_parameters()}
    optimizer = build_optimizer(PretrainConfig().optimizer, nn.ModuleList([encoder]))
    matrices, vectors = ({names[id(each)] for each in group["params"]} for group in optimizer.param_groups)
    assert {"network.cls_token", "network.pos_embed"} < vectors
    assert all(name.endswith("weight") for name in matrices)
    assert len(matrices) == 1 + 4 * 6  # the patches, and four layers a block
    assert (optimizer.param_groups[1]["weight_decay"], optimizer.param_groups[1]["adapt"]) == (0.0, False)


def test_a_training_resumes_bit_for_bit_and_is_exported(tmp_path: Path) -> None:
    config = small_config(encoder=VIT.model_dump(), epochs=2)
    data = random_dataset(32)
    whole, first, second = (Training(config, data, "cpu") for _ in range(3))
    for _ in range(3):
        whole.advance()
    first.advance()
    second.restore(first.state())
    for _ in range(2):
        second.advance()
    expected, found = whole.encoder.state_dict(), second.encoder.state_dict()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())
    result = whole.result()
    export_encoder(result, tmp_path / "encoder.safetensors")
    views = torch.rand(2, 3, 16, 16)
    loaded = load_encoder(tmp_path / "encoder.safetensors")
    assert torch.equal(loaded(views), whole.encoder.eval()(views))
    call = library_call(result, str(tmp_path / "encoder.safetensors"))
    assert torch.equal(eval(str(call), {"timm": timm}).eval()(views), loaded(views))
    with pytest.raises(ValueError, match="torchvision has no encoder"):
        torchvision_weights(result)


def test_torchvisions_model_reads_an_exported_encoder_and_is_told_how_views_are_normalised(tmp_path: Path) -> None:
    config = small_config(encoder={"kind": "torchvision", "name": "mobilenet_v3_small", "normalize": "imagenet"})
    config = config.model_copy(update={"epochs": 0})
    result = Training(config, random_dataset(32), "cpu").result()
    export_encoder(result, tmp_path / "e.safetensors")
    names = {"torchvision": torchvision, "safetensors": safetensors}
    found = eval(str(library_call(result, str(tmp_path / "e.safetensors"))), names)
    assert (found.missing_keys, found.unexpected_keys) == (["classifier.3.weight", "classifier.3.bias"], [])
    mean, deviation = (torch.tensor(each).view(3, 1, 1) for each in moments(result) or ((), ()))
    views = torch.rand(2, 3, 32, 32)
    named = result.encoder.named_as_elsewhere.eval()
    torch.testing.assert_close(named((views - mean) / deviation), load_encoder(tmp_path / "e.safetensors")(views))


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """Its names began with that of the module that holds the library's model."""
    result = Training(small_config(encoder=VIT.model_dump(), epochs=0), random_dataset(32), "cpu").result()
    metadata = {"config": result.config.model_dump_json()}
    tensors = {name: tensor.contiguous() for name, tensor in result.encoder.state_dict().items()}
    save_file(tensors, tmp_path / "old.safetensors", metadata=metadata)
    assert encoder_hash(load_encoder(tmp_path / "old.safetensors")) == encoder_hash(result.encoder)


def test_a_vit_takes_small_crops() -> None:
    loss = {"kind": "swav", "prototypes": 12, "queue": 0, "small_crops": 2, "small_size": 8}
    training = Training(small_config(encoder=VIT.model_dump(), loss=loss), random_dataset(32), "cpu")
    training.advance()
    assert torch.isfinite(training.statistics[0]).all()


@pytest.mark.parametrize(
    "encoder, message",
    [
        ({"kind": "timm", "name": "test_vitt"}, "timm has no model 'test_vitt'; did you mean 'test_vit'?"),
        ({"kind": "timm", "name": "test_vit.r160_in1k"}, "write encoder.name test_vit and encoder.weights timm:r160"),
        ({"kind": "timm", "name": "test_vit", "patch_size": 7}, "its patches have 7 pixels a side"),
        ({"kind": "timm", "name": "test_resnet", "patch_size": 8}, "test_resnet has no patches of a given size"),
        ({"kind": "torchvision", "name": "resnet5"}, "did you mean 'resnet50'?"),
        ({"kind": "torchvision", "name": "squeezenet1_0"}, "does not end with a linear classifier"),
    ],
)
def test_a_wrong_model_is_refused_with_what_to_do(encoder: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as error:
        small_config(encoder=encoder)
    assert message in str(error.value)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'simclr-ablations\[timm\]'"):
        Timm(name="test_vit")


def test_a_known_model_is_planned_without_its_library() -> None:
    """And without torch: what a plan asks is in the cache folder by now."""
    known = Timm(name="test_vit", patch_size=4)
    assert (known.output, encoder_cost(known, 16).flops > 0) == (64, True)
    known.check(16)
    code = (
        "import sys; from core.config import Timm; from core.cost import encoder_cost; "
        "c = Timm(name='test_vit', patch_size=4); c.check(16); encoder_cost(c, 16); "
        "print(c.output, c.stages, 'torch' in sys.modules, 'timm' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "64 ('stage1', 'stage2', 'stage3', 'stage4') False False\n"


def test_batch_norm_of_several_processes_keeps_its_activation(monkeypatch: pytest.MonkeyPatch) -> None:
    share = type("Share", (), {"processes": 2})()
    norm = BatchNormAct2d(4)
    model, x = nn.Sequential(norm), torch.randn(8, 4, 3, 3)
    expected = norm(x)
    monkeypatch.setattr(global_norm, "own_share", lambda: share)
    monkeypatch.setattr(global_norm, "gathered", lambda own: own[None])  # as if the others had no views
    for fused in (False, True):
        global_norm.make_batch_norm_global(model, fused)
    assert isinstance(model[0], global_norm.GlobalBatchNorm)
    torch.testing.assert_close(model(x), expected)

"""Encoders that leave the house give what they gave inside it."""

import copy
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from safetensors import safe_open
from torch import nn

from core import DataError, encoder_hash, export_encoder, load_encoder, pretrain, torchvision_weights
from core.encoder.encoder import Encoder
from core.trained.export import library_call
from helpers import random_dataset, small_config


def test_an_exported_encoder_comes_back(tmp_path: Path) -> None:
    pretrained = pretrain(small_config(), random_dataset(), device="cpu")
    export_encoder(pretrained, tmp_path / "encoder.safetensors")
    loaded = load_encoder(tmp_path / "encoder.safetensors")
    assert encoder_hash(loaded) == encoder_hash(pretrained.encoder)
    views = torch.rand(3, 3, 16, 16)
    assert torch.allclose(loaded(views), pretrained.encoder.eval()(views), atol=1e-6)
    assert not loaded.training


def test_the_file_is_plain_safetensors_with_its_configuration(tmp_path: Path) -> None:
    config = small_config(epochs=0)
    export_encoder(pretrain(config, random_dataset()), tmp_path / "encoder.safetensors")
    with safe_open(tmp_path / "encoder.safetensors", "pt") as file:
        assert type(config).model_validate_json(file.metadata()["config"]) == config
        assert "layer4.0.conv2.weight" in file.keys()  # noqa: SIM118


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    path = tmp_path_factory.mktemp("exported") / "encoder.safetensors"
    export_encoder(pretrain(small_config(epochs=0), random_dataset(), device="cpu"), path)
    return load_encoder(path)


def test_a_loaded_encoder_takes_images_as_they_are(loaded: Encoder) -> None:
    images = torch.randint(256, (2, 3, 16, 16), dtype=torch.uint8)
    wanted = loaded(images / 255)
    for same in (images, (images / 255).double(), images.contiguous(memory_format=torch.channels_last)):
        torch.testing.assert_close(loaded(same), wanted)
    torch.testing.assert_close(copy.deepcopy(loaded)(images), wanted)


@pytest.mark.parametrize(
    ("images", "error", "told"),
    [
        (torch.rand(3, 16, 16), ValueError, r"\(N, 3, H, W\), not \(3, 16, 16\); one image is image\[None\]"),
        (torch.rand(2, 1, 16, 16), ValueError, r"not \(2, 1, 16, 16\)"),
        (torch.rand(2, 16, 16, 3), ValueError, r"not \(2, 16, 16, 3\)"),
        (torch.rand(2, 3, 16, 16) * 255, ValueError, r"not torch.float32 from \S+ to 25\S+, and not normalised"),
        (torch.randn(2, 3, 16, 16), ValueError, "not normalised by a mean"),
        (torch.randint(256, (2, 3, 16, 16)), ValueError, "uint8, or float in .*not torch.int64"),
        (
            torch.rand(2, 3, 16, 16, device="meta"),
            ValueError,
            r"on meta and the encoder is on cpu; .*images.to\('cpu'\)",
        ),
        ([[0.5]], TypeError, "images should be a Tensor"),
    ],
)
def test_a_loaded_encoder_says_what_is_wrong_with_images(
    loaded: Encoder, images: object, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        loaded(images)


def test_a_loaded_encoder_can_be_trained_on_views_outside_of_the_range(loaded: Encoder) -> None:
    views = torch.full((4, 3, 16, 16), 1.01)
    copy.deepcopy(loaded).train()(views).sum().backward()


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DataError, match="is not an encoder"):
        load_encoder(tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        load_encoder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_torchvision_takes_the_weights(name: str) -> None:
    config = small_config(encoder={"name": name, "stem": "imagenet"}, epochs=0)
    pretrained = pretrain(config, random_dataset())
    theirs = getattr(torchvision.models, name)()
    missing = theirs.load_state_dict(torchvision_weights(pretrained), strict=False)
    assert (missing.missing_keys, missing.unexpected_keys) == (["fc.weight", "fc.bias"], [])
    export_encoder(pretrained, "e.safetensors")
    assert (
        eval(str(library_call(pretrained, "e.safetensors")), {"torchvision": torchvision, "safetensors": safetensors})
        == missing
    )
    theirs.fc = nn.Identity()
    views = torch.rand(2, 3, 64, 64)
    ours = pretrained.encoder.to(memory_format=torch.contiguous_format).eval()
    assert torch.allclose(theirs.eval()(views), ours(views), atol=1e-5)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"name": "resnet18", "width": 0.5, "stem": "imagenet"}, "width 0.5$"),
        ({"name": "resnet18"}, "the small stem$"),
        ({"name": "resnet10", "stem": "imagenet"}, "resnet10$"),
        ({"name": "resnet50", "stem": "imagenet", "selective_kernels": True}, "selective kernels$"),
    ],
)
def test_what_torchvision_does_not_have_is_refused(encoder: dict[str, object], message: str) -> None:
    pretrained = pretrain(small_config(encoder=encoder, epochs=0), random_dataset())
    with pytest.raises(ValueError, match=message):
        torchvision_weights(pretrained)

"""The public names of core: what they are, which arguments they take, and when a wrong one is refused."""

import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import torch

import core
from core import (
    DataConfig,
    Frozen,
    encoder_hash,
    evaluate,
    export_encoder,
    load_data,
    load_encoder,
    load_pretrained,
    pretrain,
)
from core.files import as_path
from core.pretraining.training import Training
from core.remote import RemotePath
from helpers import random_dataset, random_images, small_config


def test_dir_shows_the_public_names_and_each_of_them_is_there() -> None:
    assert dir(core) == sorted(core.__all__)
    for name in core.__all__:
        assert getattr(core, name) is not None
    with pytest.raises(AttributeError, match="module 'core' has no attribute 'pertrain'"):
        _ = core.pertrain


def test_configurations_and_histories_import_without_torch() -> None:
    code = "import sys, core, core.config, core.cost, core.hardware, core.history, core.data.catalog\n"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(core.__file__).parent / "py.typed").is_file()


def test_paths_and_devices_may_be_text() -> None:
    config = small_config()
    by_text = pretrain(config, random_dataset(), device="cpu", checkpoint="checkpoint.pt", checkpoint_seconds=0)
    by_path = pretrain(config, random_dataset(), device=torch.device("cpu"), checkpoint=Path("checkpoint.pt"))
    assert encoder_hash(by_text.encoder) == encoder_hash(by_path.encoder)
    by_text.save("encoder.pt")
    for device in ("cpu", torch.device("cpu")):
        kept = load_pretrained("encoder.pt", device)
        assert kept is not None
        assert encoder_hash(kept.encoder) == encoder_hash(by_text.encoder)
    export_encoder(by_text, "encoder.safetensors")
    assert encoder_hash(load_encoder("encoder.safetensors")) == encoder_hash(by_text.encoder)
    assert encoder_hash(load_encoder(Path("encoder.safetensors"))) == encoder_hash(by_text.encoder)
    assert load_data(DataConfig(name="shapes", image_size=16, subset=20), "data").name == "shapes"


def test_text_names_a_file_or_an_object() -> None:
    assert as_path("runs/a.pt") == Path("runs/a.pt")
    assert as_path("s3://bucket/a.pt") == RemotePath("s3", PurePosixPath("bucket/a.pt"))
    assert as_path(as_path("gs://bucket/a")) == RemotePath("gs", PurePosixPath("bucket/a"))
    with pytest.raises(TypeError, match=r"a path is text or a pathlib\.Path, not 5"):
        as_path(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": {"epochs": 3}}, r"config should be a PretrainConfig, not \{'epochs': 3\}"),
        ({"data": "cifar10"}, "data should be a Dataset, not 'cifar10'"),
        ({"checkpoint": 5}, r"a path is text or a pathlib\.Path, not 5"),
        ({"device": 0}, "a device is a name such as 'cuda:0', or a torch.device, not 0"),
    ],
)
def test_a_wrong_type_is_refused_before_a_training(
    changes: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Training, "advance", lambda self: pytest.fail("it trains"))
    arguments: dict[str, Any] = {"config": small_config(), "data": random_dataset(), "device": "cpu"} | changes
    with pytest.raises(TypeError, match=message):
        pretrain(**arguments)


def test_a_wrong_type_is_refused_elsewhere_too() -> None:
    pretrained = pretrain(small_config(epochs=0), random_dataset(), device="cpu")
    with pytest.raises(TypeError, match="pretrained should be a Pretrained"):
        evaluate(Frozen(), pretrained.encoder, random_dataset())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="config should be a Protocol, not 'frozen'"):
        evaluate("frozen", pretrained, random_dataset())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="config should be a DataConfig, not 'shapes'"):
        load_data("shapes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="pretrained should be a Pretrained"):
        export_encoder(pretrained.encoder, "encoder.safetensors")  # type: ignore[arg-type]


def test_a_pretrained_encoder_is_called_on_images() -> None:
    pretrained = pretrain(small_config(epochs=0), random_dataset(), device="cpu")
    images = random_images(3, 16)
    h = pretrained(images)
    assert torch.allclose(h, pretrained.encoder.eval()(images / 255), atol=1e-5)
    assert torch.equal(pretrained(images / 255), h)
    wide = torch.nn.functional.pad(images, (4, 5))
    assert torch.equal(pretrained(wide), h)  # the square in the middle
    assert pretrained(random_images(2, 33)).shape == (2, pretrained.encoder.width)
    with pytest.raises(TypeError, match="images should be a Tensor"):
        pretrained("cat.jpg")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"not \(3, 16, 16\); one image is image\[None\]"):
        pretrained(images[0])
    with pytest.raises(ValueError, match="not normalised by a mean"):
        pretrained(images / 128 - 1)

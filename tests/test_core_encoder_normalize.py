"""Views are normalised as torchvision normalises them, in training, evaluation, export and further copies alike."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torchvision.transforms.v2 import Normalize as Oracle

from core import PretrainConfig, Pretrained, encoder_hash, export_encoder, load_encoder, load_pretrained, pretrain
from core.config.models.normalization import IMAGENET, Moments
from core.encoder.build import build_encoder
from core.encoder.layers.normalize import moments_of, set_moments
from core.evaluation.network import network_on
from core.methods.build import build_training
from core.pretraining.training import Training
from core.randomness import generator, seeded
from core.trained.export import moments
from core.trained.moments import fill_moments, measure
from core.trained.pretrained import copied
from helpers import VIT, pixels, random_dataset, small_config

RESNET = {"name": "resnet10", "width": 0.0625}
GIVEN: Moments = ((0.1, 0.5, 0.7), (0.2, 0.3, 0.4))
ENCODERS: dict[str, dict[str, Any]] = {
    "resnet": RESNET,
    "patches": {**RESNET, "kind": "patches", "grid": 2, "patch": 8},
    "vit": VIT,
    "torchvision": {"kind": "torchvision", "name": "mobilenet_v3_small"},
}


def config_of(encoder: dict[str, Any], **changes: Any) -> PretrainConfig:
    size = 32 if encoder.get("kind") == "torchvision" else 16
    return small_config(
        encoder=encoder, data={"name": "random", "image_size": size}, epochs=1, schedule={"warmup_epochs": 0}, **changes
    )


def built(encoder: dict[str, Any]) -> nn.Module:
    config = config_of(encoder)
    with seeded(generator(0, "initialisation")):
        return build_encoder(config.encoder, config.data.image_size).eval()


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("normalize", ["imagenet", [[0.1, 0.5, 0.7], [0.2, 0.3, 0.4]]], ids=["imagenet", "given"])
def test_an_encoder_normalises_as_torchvision_does(name: str, normalize: Any) -> None:
    plain, normalizing = built(ENCODERS[name]), built({**ENCODERS[name], "normalize": normalize})
    normalizing.load_state_dict(plain.state_dict())
    views = torch.rand(2, 3, 32, 32) if name == "torchvision" else torch.rand(2, 3, 16, 16)
    mean, deviation = IMAGENET if normalize == "imagenet" else GIVEN
    with torch.no_grad():
        found, wanted = normalizing(views), plain(Oracle(list(mean), list(deviation))(views))
        assert (found - wanted).abs().max() < 1e-3 * (found - plain(views)).abs().max()
    assert moments_of(plain) is None


def test_moments_are_those_of_all_pixels_of_the_training_images() -> None:
    data = random_dataset(40)
    data.train.images[:, 1] //= 4  # type: ignore[index]
    values = pixels(data.train).double() / 255
    mean, deviation = measure(data.train, torch.device("cpu"))
    assert mean == pytest.approx(values.mean(dim=(0, 2, 3)).tolist(), abs=1e-6)
    assert deviation == pytest.approx(values.std(dim=(0, 2, 3), correction=0).tolist(), abs=1e-6)
    some = measure(data.train, torch.device("cpu"), most=8)
    assert some != (mean, deviation)
    assert some == measure(data.train, torch.device("cpu"), most=8)


@pytest.fixture(scope="module")
def trained() -> Pretrained:
    return pretrain(config_of({**RESNET, "normalize": "data"}, loss={"kind": "byol", "hidden": 8}), random_dataset(32))


def test_measured_moments_go_with_the_encoder(trained: Pretrained, tmp_path: Path) -> None:
    """A saved and loaded encoder, a copy, an export and a network to fine-tune all encode alike."""
    data = random_dataset(32)
    mean, deviation = moments(trained) or ([], [])
    assert torch.allclose(torch.tensor([mean, deviation]), torch.tensor(measure(data.train, torch.device("cpu"))))
    images = pixels(data.test)
    h, views = trained(images), images.float() / 255
    trained.save(tmp_path / "encoder.pt")
    loaded = load_pretrained(tmp_path / "encoder.pt", "cpu")
    assert loaded is not None
    assert torch.equal(loaded(images), h)
    assert torch.equal(copied(trained)(images), h)
    assert torch.equal(network_on(trained, "h", 4).body.eval()(views), trained.encoder.eval()(views))
    export_encoder(trained, tmp_path / "encoder.safetensors")
    assert torch.allclose(load_encoder(tmp_path / "encoder.safetensors")(views), h, atol=1e-5)
    plain = build_encoder(config_of(RESNET).encoder, 16).eval()
    plain.load_state_dict(trained.encoder.state_dict())  # the weights have the names of any other encoder
    assert torch.allclose(plain(Oracle(mean, deviation)(views)), h, atol=1e-5)


def test_every_encoder_of_a_method_has_the_moments() -> None:
    config = config_of({**RESNET, "normalize": "data"}, loss={"kind": "byol", "hidden": 8})
    training = Training(config, random_dataset(32), "cpu")
    found = moments_of(training.encoder)
    assert found is not None
    assert found == moments_of(training.method.target)  # type: ignore[arg-type]
    assert found[0][0] == pytest.approx(0.5, abs=0.02)


def test_an_encoder_without_its_moments_encodes_nothing() -> None:
    encoder, _ = build_training(config_of({**RESNET, "normalize": "data"}), 32, 4)
    with pytest.raises(RuntimeError, match=r"encoder\.normalize is data, and the mean and deviation were not measured"):
        encoder(torch.rand(2, 3, 16, 16))
    fill_moments(encoder, random_dataset(8).train, torch.device("cpu"))
    assert encoder(torch.rand(2, 3, 16, 16)).isfinite().all()
    before = moments_of(encoder)
    fill_moments(encoder, random_dataset(4).train, torch.device("cpu"))  # those that it has stay
    assert moments_of(encoder) == before


def test_moments_of_a_configuration_are_not_replaced() -> None:
    encoder = built({**RESNET, "normalize": GIVEN})
    set_moments(encoder, IMAGENET)
    assert torch.allclose(torch.tensor(moments_of(encoder)), torch.tensor(GIVEN))


def test_a_channel_of_one_value_stays_finite() -> None:
    data = random_dataset(8)
    data.train.images[:, 0] = 7  # type: ignore[index]
    assert measure(data.train, torch.device("cpu"))[1][0] == 1


def test_the_hash_of_an_encoder_is_that_of_its_weights() -> None:
    assert encoder_hash(built(RESNET)) == encoder_hash(built({**RESNET, "normalize": "imagenet"}))


def test_none_is_in_no_canonical_form() -> None:
    assert "normalize" not in config_of(RESNET).encoder.model_dump()
    assert config_of({**RESNET, "normalize": "data"}).encoder.model_dump()["normalize"] == "data"
    assert config_of(VIT).encoder.model_dump()["normalize"] == "auto"


@pytest.mark.parametrize(
    ("normalize", "channels", "told"),
    [
        ("imagenet", 1, r"encoder\.normalize is imagenet, which has 3 channels, and data\.channels is 1; take data"),
        ([[0.5], [0.2]], 3, r"encoder\.normalize is \[\[0\.5\], \[0\.2\]\], and data\.channels is 3; write a mean"),
        ([[0.5], [0.0]], 1, "greater than 0"),
    ],
)
def test_moments_that_do_not_fit_are_refused(normalize: Any, channels: int, told: str) -> None:
    data = {"name": "random", "image_size": 16, "channels": channels}
    with pytest.raises(ValidationError, match=told):
        small_config(encoder={**RESNET, "normalize": normalize}, data=data, augment={"policy": "custom"})

"""Images of one channel, or of as many as arrays have: read, trained on, scored, exported and drawn."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from torch import Tensor, nn

from core import (
    DataConfig,
    DataError,
    Dataset,
    Pretrained,
    Split,
    evaluate,
    export_encoder,
    load_data,
    load_encoder,
    load_pretrained,
    pretrain,
)
from core.config import ENCODERS, EncoderConfig, Frozen, PretrainConfig, TrainConfig
from core.config.models.normalization import Normalizing
from core.data.decode import decode, decode_canvas
from core.data.sets.channels import luminance, with_channels
from core.data.sources.check import check_images
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.encoder.layers.normalize import build_normalize
from core.encoder.weights import misfit
from core.pretraining.shown_views import shown_views
from core.pretraining.training import Training
from helpers import pixels, random_dataset, random_images, small_config
from reports.figures.colours import in_colours

LIGHT: list[object] = ["crop", "flip", {"kind": "jitter", "saturation": 0, "hue": 0}, "blur"]
"""Operations of SimCLR that need no colours."""
BANDS = 5


def gray_config(channels: int = 1, **changes: Any) -> PretrainConfig:
    values = {
        "data": {"name": "random", "image_size": 16, "channels": channels},
        "augment": {"policy": "custom", "both": LIGHT},
        "epochs": 1,
        "schedule": {"warmup_epochs": 0},
    }
    return small_config(**values | changes)


def noise(channels: int, count: int = 16) -> Dataset:
    images = random_images(count * channels, 16).unflatten(0, (count, -1))[:, :, 0]
    split = Split(images, torch.arange(count) % 4)
    return Dataset("random", tuple("abcd"), split, split)


@pytest.fixture(scope="module", params=[1, BANDS])
def trained(request: pytest.FixtureRequest) -> tuple[Pretrained, Dataset]:
    data = noise(request.param)
    return pretrain(gray_config(request.param), data), data


def photo(path: Path) -> Image.Image:
    image = Image.fromarray(random_images(1, 24)[0].permute(1, 2, 0).numpy())
    image.save(path)
    return image


@pytest.mark.parametrize("form", ["png", "jpg", "tif"])
def test_one_channel_is_the_luminance_of_a_picture(form: str, tmp_path: Path) -> None:
    """Pillow's own conversion is the oracle, and a gray file of 8 bits keeps its values."""
    path = tmp_path / f"photo.{form}"
    photo(path)
    with Image.open(path) as image:
        wanted = np.asarray(image.convert("L"))
    assert np.array_equal(decode(str(path), 24, channels=1)[0].numpy(), wanted)
    gray = Image.fromarray(wanted)
    gray.save(tmp_path / "gray.png")
    assert np.array_equal(decode(str(tmp_path / "gray.png"), 24, channels=1)[0].numpy(), wanted)
    canvas = decode_canvas([str(path)], 32, channels=1)
    assert canvas.pixels.shape == (1, 1, 32, 32)
    assert np.array_equal(canvas.pixels[0, 0, :24, :24].numpy(), wanted)


def test_the_luminance_of_images_in_memory_is_that_of_files() -> None:
    images = random_images(3, 9)
    for image, gray in zip(images, luminance(images), strict=True):
        assert np.array_equal(gray[0].numpy(), np.asarray(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L")))


def test_a_set_in_memory_becomes_gray_or_is_refused() -> None:
    colours = random_dataset(8, 4)
    gray = with_channels(colours, 1)
    assert torch.equal(gray.train.images[:], luminance(pixels(colours.train)))
    assert gray.test.images[:].shape == (4, 1, 16, 16)
    with pytest.raises(DataError, match=r"data\.channels is 3, and images of random have 1; write data\.channels: 1"):
        with_channels(gray, 3)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_bands_of_arrays_are_kept_one_by_one(first: bool, dtype: str, tmp_path: Path) -> None:
    images = random_images(8 * BANDS, 16)[:, 0].numpy().reshape(8, BANDS, 16, 16)
    stored = {"uint8": images, "uint16": images.astype(np.uint16) << 8, "float32": (images / 255).astype(np.float32)}
    values = stored[dtype] if first else stored[dtype].transpose(0, 2, 3, 1)
    np.savez(tmp_path / "bands.npz", x_train=values, y_train=np.arange(8) % 2, x_test=values, y_test=np.arange(8) % 2)
    data = load_data(DataConfig(name="bands.npz", image_size=16, channels=BANDS), tmp_path)
    assert np.array_equal(data.train.images[:].numpy(), images)
    assert not check_images(tmp_path / "bands.npz", channels=BANDS).refused
    with pytest.raises(DataError, match=rf"data\.channels is 3, and images of .*bands\.npz have {BANDS}; write"):
        load_data(DataConfig(name="bands.npz", image_size=16), tmp_path)


def test_what_cannot_be_read_with_so_many_channels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.channels is 4, and shapes has 3; take 3, or 1 for gray"):
        load_data(DataConfig(name="shapes", channels=4))
    for split in ("train", "test"):
        (tmp_path / "photos" / split / "cat").mkdir(parents=True)
        photo(tmp_path / "photos" / split / "cat" / "0.png")
    with pytest.raises(DataError, match=r"data\.channels is 4, and .*photos has pictures, which are read with 3, or 1"):
        load_data(DataConfig(name="photos", channels=4), tmp_path)
    gray = load_data(DataConfig(name="photos", image_size=16, channels=1), tmp_path)
    assert gray.train.images[:].shape == (1, 1, 16, 16)
    streamed = load_data(DataConfig(name="photos", image_size=16, channels=1), tmp_path, stream=True)
    assert torch.equal(streamed.train.images[:], gray.train.images[:])


def test_a_training_is_scored_and_exported_with_its_channels(
    trained: tuple[Pretrained, Dataset], tmp_path: Path
) -> None:
    pretrained, data = trained
    channels = pretrained.config.data.channels
    images = data.test.images[:]
    h = pretrained(images)
    assert 0 <= evaluate(Frozen(l2_count=2, neighbors=3), pretrained, data).metrics["knn/top1"] <= 100
    with pytest.raises(ValueError, match=rf"should be \(N, {channels}, H, W\)"):
        pretrained(torch.zeros(2, 3, 16, 16))
    pretrained.save(tmp_path / "encoder.pt")
    loaded = load_pretrained(tmp_path / "encoder.pt", "cpu")
    assert loaded is not None
    assert torch.equal(loaded(images), h)
    export_encoder(pretrained, tmp_path / "encoder.safetensors")
    exported = load_encoder(tmp_path / "encoder.safetensors")
    assert torch.allclose(exported(images.float() / 255), h, atol=1e-5)


def test_a_picture_of_one_channel_is_drawn_gray(trained: tuple[Pretrained, Dataset]) -> None:
    pretrained, data = trained
    views = shown_views(pretrained.config, data, 2).numpy()
    drawn = in_colours(views)
    assert drawn.shape == (2, 2, 3, 16, 16)
    shown = (0, 0, 0) if views.shape[2] == 1 else (0, 1, 2)
    assert np.array_equal(drawn, views[:, :, list(shown)])


METHODS: list[dict[str, object]] = [
    {"kind": "autoencoder"},
    {"kind": "inpainting"},
    {"kind": "masked_squares", "squares": 4},
    {"kind": "mae", "decoder_width": 8, "decoder_heads": 2, "decoder_blocks": 1},
    {"kind": "cpc", "patch_augment": ["flip"], "blocks": 1, "context": 8},
]


@pytest.mark.parametrize("loss", METHODS, ids=lambda loss: loss["kind"])
def test_methods_draw_and_cut_as_many_channels(loss: dict[str, object]) -> None:
    training = Training(gray_config(loss=loss), noise(1), "cpu")
    training.advance()
    training.end_epoch()


def test_the_pixels_themselves_are_a_representation() -> None:
    config = gray_config(encoder={"kind": "pixels", "side": 4}, epochs=0)
    assert build_encoder(config.encoder, 16, 1)(torch.rand(2, 1, 16, 16)).shape == (2, 16)
    assert config.projection_width == 16


WEIGHTS = {"kind": "timm", "name": "test_vit", "patch_size": 4, "weights": "timm:r160_in1k"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"augment": {}}, "augment has jitter, grayscale for red, green and blue, and data.channels is 1; take"),
        ({"augment": {"policy": "auto_augment"}}, "augment has auto_augment for red, green and blue"),
        ({"augment": {"policy": "custom", "both": ["one_channel"]}}, "augment has one_channel for red"),
        ({"loss": {"kind": "colorization"}}, "loss.kind colorization predicts colours, and data.channels is 1; take"),
        ({"loss": {"kind": "cpc", "patch_augment": ["grayscale"]}}, "loss.patch_augment has grayscale for red, green"),
        ({"encoder": {"kind": "torchvision", "name": "resnet18"}}, "encoder.kind torchvision takes images of 3"),
        ({"encoder": {"kind": "colour_histogram"}, "epochs": 0}, "encoder.kind colour_histogram takes images of 3"),
        ({"encoder": WEIGHTS}, "encoder.weights: timm:r160_in1k is for images of 3 channels, and data.channels is 1"),
    ],
)
def test_what_needs_colours_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        gray_config(**changes)


@pytest.mark.parametrize(
    "protocol",
    [{"protocol": "transformation"}, {"protocol": "example_views"}, {"protocol": "colour_histograms"}],
    ids=lambda each: each["protocol"],
)
def test_protocols_that_change_colours_are_refused(protocol: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=f"evaluate.protocol {protocol['protocol']} changes colours"):
        TrainConfig.model_validate({"pretrain": gray_config(), "evaluate": protocol})
    TrainConfig.model_validate({"pretrain": gray_config(), "evaluate": {"protocol": "transformation", "task": "noise"}})


class OwnConfig(EncoderConfig, Normalizing):
    """An encoder of one's own, for any channels."""

    takes_channels = True

    kind: Literal["own_means"] = "own_means"

    @property
    def output(self) -> int:
        return 2

    def output_of(self, channels: int) -> int:
        return 2 * channels


class Own(Encoder):
    """The mean of each channel, twice."""

    def __init__(self, config: OwnConfig, image_size: int, channels: int) -> None:
        super().__init__()
        self.normalize, self.width = build_normalize(config.moments, channels), 2 * channels
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, views: Tensor) -> Tensor:
        means: Tensor = self.normalize(views).mean(dim=(2, 3))[:, None] * self.scale[:, None]
        return means.flatten(1)


def test_an_encoder_of_ones_own_is_told_the_channels() -> None:
    ENCODERS.register(OwnConfig, Own)
    try:
        config = gray_config(BANDS, encoder={"kind": "own_means", "normalize": "data"}, epochs=0)
        pretrained = pretrain(config, data := noise(BANDS))
        assert pretrained(data.train.images[:]).view(-1, 2, BANDS).mean(dim=0).abs().max() < 1e-5
        assert config.projection_width == 16
    finally:
        ENCODERS.remove(OwnConfig)


def test_an_encoder_does_not_start_from_one_of_other_channels() -> None:
    told = misfit(gray_config(), gray_config(3))
    assert told.startswith("has another shape of conv1.weight")
    assert not misfit(gray_config(), gray_config())


def test_three_channels_are_in_no_canonical_form() -> None:
    assert "channels" not in DataConfig().model_dump()
    assert DataConfig(channels=1).model_dump()["channels"] == 1

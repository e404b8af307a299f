"""Weights that an encoder starts from: whose they are, what they do, and what is refused."""

from functools import partial
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from ablations.types.identity import pretrain_id
from core.config import PretrainConfig, Timm
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.encoder.fingerprint import encoder_hash
from core.encoder.weights import read_weights, start_from_weights
from core.errors import DataError, StorageAway
from core.pretraining.training import Training
from core.trained.export import export_encoder
from helpers import random_dataset, small_config

TINY = {"name": "resnet10", "width": 0.125}


def encoder(seed: int) -> Encoder:
    torch.manual_seed(seed)
    return build_encoder(small_config().encoder, 16)


def starting_from(path: Path | str, **changes: object) -> PretrainConfig:
    return small_config(encoder=TINY | {"weights": str(path)}, epochs=0, schedule={"warmup_epochs": 0}, **changes)


def started(config: PretrainConfig) -> Encoder:
    return Training(config, random_dataset(32), "cpu").encoder


@pytest.mark.parametrize("form", ["safetensors", "pt", "with a classifier", "of several processes"])
def test_an_encoder_starts_from_a_file(form: str, tmp_path: Path) -> None:
    wanted = encoder(7)
    tensors = {name: value.clone() for name, value in wanted.state_dict().items()}
    if form == "with a classifier":
        tensors["fc.weight"] = torch.zeros(10, wanted.width)
    if form == "of several processes":
        tensors = {f"module.{name}": value for name, value in tensors.items()}
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pt")
    if form == "safetensors":
        save_file(tensors, path)
    else:
        torch.save({"state_dict": tensors}, path)
    config = starting_from(path)
    assert encoder_hash(started(config)) == encoder_hash(wanted) != encoder_hash(encoder(8))


def test_what_was_exported_or_kept_is_a_start(tmp_path: Path) -> None:
    result = Training(small_config(epochs=0, schedule={"warmup_epochs": 0}, seed=3), random_dataset(32), "cpu").result()
    export_encoder(result, tmp_path / "e.safetensors")
    result.save(tmp_path / "e.pt")
    for name in ("e.safetensors", "e.pt"):
        assert encoder_hash(started(starting_from(tmp_path / name))) == encoder_hash(result.encoder)


def test_the_content_of_the_file_is_in_the_id_and_its_place_is_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        save_file(encoder(seed).state_dict(), tmp_path / f"{name}.safetensors")
    first, same, other = (starting_from(tmp_path / f"{name}.safetensors") for name in "abc")
    assert pretrain_id(first) == pretrain_id(same) != pretrain_id(other)
    assert pretrain_id(first) != pretrain_id(small_config(epochs=0, schedule={"warmup_epochs": 0}))
    again = PretrainConfig.model_validate(first.model_dump(mode="json"))
    assert pretrain_id(again) == pretrain_id(first)
    assert "weights_hash" not in small_config().model_dump()["encoder"]


def test_a_tag_is_in_the_id_and_sets_the_normalisation() -> None:
    """Nothing is downloaded: the tag's name says how views are normalised."""
    tagged = Timm(name="test_vit", patch_size=8, weights="timm:r160_in1k")
    assert tagged.model_dump()["weights_hash"] == "timm:r160_in1k"
    views = torch.rand(2, 3, 16, 16)
    torch.manual_seed(0)
    built = build_encoder(tagged, 16).eval()
    torch.manual_seed(0)
    plain = build_encoder(Timm(name="test_vit", patch_size=8), 16).eval()
    torch.testing.assert_close(built(views), plain((views - 0.5) / 0.5))


def test_weights_of_timm_fit_other_sizes_of_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """timm reads a file in place of its download, and resamples the positions of 10 x 10 patches to 2 x 2."""
    torch.manual_seed(5)
    original = timm.create_model("test_vit")
    torch.save(original.state_dict(), tmp_path / "downloaded.pth")
    here = {"file": str(tmp_path / "downloaded.pth")}
    monkeypatch.setattr(timm, "create_model", partial(timm.create_model, pretrained_cfg_overlay=here))
    tagged = Timm(name="test_vit", weights="timm:r160_in1k")
    built = build_encoder(tagged, 32)
    start_from_weights(tagged, built, 32)
    loaded, expected = built.named_as_elsewhere.state_dict(), original.state_dict()
    assert torch.equal(loaded["blocks.0.attn.qkv.weight"], expected["blocks.0.attn.qkv.weight"])
    assert (loaded["pos_embed"].shape[1], expected["pos_embed"].shape[1]) == (1 + 4, 1 + 100)
    with pytest.raises(DataError, match=r"timm has no weights 'r9' of test_vit; known are r160_in1k"):
        start_from_weights(tagged.model_copy(update={"weights_hash": "timm:r9"}), built, 32)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 400 bytes."),
        StorageAway("s3://bucket does not answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_memory_and_no_answer_are_not_faults_of_the_file(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be told as bad data, which is not tried again on a larger machine or later."""

    def load(*_: object, **__: object) -> None:
        raise error

    (tmp_path / "weights.pt").write_bytes(b"whole")
    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(type(error)) as raised:
        read_weights(str(tmp_path / "weights.pt"))
    assert raised.value is error


def test_weights_that_changed_or_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensors = encoder(1).state_dict()
    save_file(tensors, path)
    config = starting_from(path)
    save_file(encoder(22).state_dict() | {"more": torch.zeros(3)}, path)
    with pytest.raises(DataError, match="when it was planned"):
        started(config)
    for change, message in (
        ({"more.weight": torch.zeros(1)}, "also has more.weight"),
        ({"conv1.weight": torch.zeros(2)}, "another shape of conv1.weight"),
    ):
        save_file(tensors | change, path)
        with pytest.raises(DataError, match=message):
            started(starting_from(path))
    del tensors["conv1.weight"]
    save_file(tensors, path)
    with pytest.raises(DataError, match=r"lacks conv1\.weight"):
        started(starting_from(path))


@pytest.mark.parametrize(
    "weights, message",
    [("no/such.pt", "no/such.pt cannot be read"), ("timm:augreg", "only those of a file do; take encoder.kind timm")],
)
def test_what_cannot_be_a_start_is_refused_when_it_is_planned(weights: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        starting_from(weights)

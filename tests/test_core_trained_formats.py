"""Files that version 0.1.0 wrote are read: checkpoints continue, encoders load, histories keep their numbers.

``formats_1`` holds them, as that version wrote them: two trainings on ``random_dataset`` of 3 epochs of 2 steps each,
interrupted after 3 steps, and whole.
"""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import as_a_vector

from core import encoder_hash, load_pretrained, pretrain
from core.config import PretrainConfig
from core.data.dataset import Dataset
from core.history import Epoch
from core.trained.checkpoint import load_checkpoint
from helpers import random_dataset

FOLDER = Path(__file__).parent / "formats_1"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TOP1 = {"contrastive": "contrastive_top1", "supervised": "supervised_top1"}


def unpacked(name: str) -> Path:
    path = Path(name)
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))
    return path


def data() -> Dataset:
    made = random_dataset()
    return replace(made, train=replace(made.train, view_size=8), test=replace(made.test, view_size=8))


def metrics(epoch: dict[str, Any], top1: str) -> dict[str, float]:
    """Metrics of an epoch of version 1, by today's names."""
    found = {"loss": epoch["loss"], top1: epoch["contrastive_top1"], "entropy": epoch["entropy"]}
    return found if epoch["knn_top1"] is None else found | {"knn_top1": epoch["knn_top1"]}


@pytest.mark.parametrize("name", TOP1)
def test_a_checkpoint_continues_to_the_same_encoder_and_history(name: str) -> None:
    path = unpacked(f"{name}.checkpoint.pt")
    state = load_checkpoint(path)
    assert state is not None
    assert "version" not in state
    result = pretrain(PretrainConfig.model_validate(state["config"]), data(), device="cpu", checkpoint=path)
    expected = [metrics(epoch, TOP1[name]) for epoch in EXPECTED[name]["history"]]
    expected[1].pop("knn_top1")  # which the whole training was asked for
    for epoch, values in zip(result.history, expected, strict=True):
        assert epoch.metrics == pytest.approx(values, rel=1e-4)  # another processor rounds otherwise
    whole = load_checkpoint(unpacked(f"{name}.encoder.pt"))
    assert whole is not None
    found, wanted = as_a_vector(result.encoder.state_dict()), as_a_vector(whole["encoder"])
    assert (found - wanted).norm() < 1e-3 * wanted.norm()


@pytest.mark.parametrize("name", TOP1)
def test_an_encoder_is_loaded_with_its_history(name: str) -> None:
    found = load_pretrained(unpacked(f"{name}.encoder.pt"), torch.device("cpu"))
    assert found is not None
    assert encoder_hash(found.encoder) == EXPECTED[name]["hash"]
    assert [epoch.metrics for epoch in found.history] == [
        metrics(epoch, TOP1[name]) for epoch in EXPECTED[name]["history"]
    ]
    found.save(Path("again.pt"))
    again = load_pretrained(Path("again.pt"), torch.device("cpu"))
    assert again is not None
    assert again.history == found.history


def test_an_epoch_of_version_1_is_read() -> None:
    values = {"epoch": 3, "loss": 1.0, "contrastive_top1": 50.0, "entropy": 2.0, "knn_top1": None}
    values |= {"learning_rate": 0.1, "images_per_second": 100.0, "time": 5.0}
    epoch = Epoch.from_json(values)
    assert epoch == Epoch(3, {"loss": 1.0, "contrastive_top1": 50.0, "entropy": 2.0}, 0.1, 100.0, 5.0)
    assert epoch.to_json()["version"] == 2
    assert Epoch.from_json(json.loads(json.dumps(epoch.to_json()))) == epoch
    with pytest.raises(TypeError):
        Epoch.from_json({"epoch": 3})

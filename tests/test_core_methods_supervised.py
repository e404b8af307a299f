"""The supervised baseline: labels in place of positives, a classifier in place of the head."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from core import Frozen, TrainConfig, evaluate, load_pretrained, pretrain
from core.augment.policy import one_view, two_views
from core.config import Classifier, CompositionAugment, CustomAugment, Flip, Grayscale
from core.data.dataset import Dataset, Split
from core.loss.cross_entropy import cross_entropy
from core.randomness import generator
from helpers import random_dataset, random_images, small_config


def striped(count: int, seed: int) -> Split:
    """Four classes: where the bright band is."""
    labels = torch.arange(count) % 4
    images = random_images(count, 16, seed) // 3
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 4 * label : 4 * label + 4] += 150
    return Split(images, labels)


DATA = Dataset("striped", ("a", "b", "c", "d"), striped(128, seed=0), striped(64, seed=1))
CONFIG = small_config(
    augment={"policy": "custom", "both": ["noise"]},
    loss={"kind": "cross_entropy"},
    optimizer={"kind": "sgd", "learning_rate": 3.0},
    epochs=6,
)


def test_the_loss_is_torchs_and_its_statistics_are_the_textbooks() -> None:
    logits = torch.randn(50, 7, generator=generator(0, "logits"), dtype=torch.float64).requires_grad_()
    labels = torch.arange(50) % 7
    result = cross_entropy(logits, labels)
    torch.testing.assert_close(result.loss, F.cross_entropy(logits, labels))
    expected = torch.distributions.Categorical(logits=logits.detach()).entropy().mean()
    torch.testing.assert_close(result.statistics["entropy"], expected)
    assert float(result.statistics["supervised_top1"]) == pytest.approx(
        float((logits.argmax(dim=1) == labels).double().mean())
    )
    assert torch.autograd.gradcheck(lambda x: cross_entropy(x, labels).loss, logits)


def test_one_view_is_the_first_branch() -> None:
    images = random_images(8)
    flip = CustomAugment(both=(Flip(probability=1.0),), first=(Grayscale(probability=1.0),))
    view = one_view(images, flip, generator(0, "augmentation"))
    assert torch.equal(view, two_views(images, flip, generator(0, "augmentation"))[:8])
    assert one_view(images, CompositionAugment(), generator(0, "augmentation")).shape == (8, 3, 32, 32)


def test_it_learns_the_labels(tmp_path: Path) -> None:
    untrained = evaluate(Classifier(), pretrain(CONFIG.model_copy(update={"epochs": 0}), DATA, device="cpu"), DATA)
    trained = pretrain(CONFIG, DATA, device="cpu")
    assert len(trained.head.get_parameter("0.bias")) == 4
    scores = evaluate(Classifier(), trained, DATA).metrics
    assert set(scores) == {"classifier/top1", "classifier/top5"}
    assert scores["classifier/top1"] > 90 > untrained.metrics["classifier/top1"] + 30
    shuffled = replace(DATA, train=replace(DATA.train, labels=DATA.train.labels.roll(1)))
    assert evaluate(Classifier(), pretrain(CONFIG, shuffled, device="cpu"), DATA).metrics["classifier/top1"] < 30
    trained.save(tmp_path / "encoder.pt")
    kept = load_pretrained(tmp_path / "encoder.pt", torch.device("cpu"))
    assert kept is not None
    assert evaluate(Classifier(), kept, DATA).metrics == scores
    assert evaluate(Frozen(l2_count=3), kept, DATA).metrics["linear_eval/top1"] > 90


def test_images_without_a_label_are_left_out() -> None:
    data = random_dataset(train=64)
    half = replace(data, train=Split(data.train.images, data.train.labels.where(torch.arange(64) < 32, -1)))
    config = CONFIG.model_copy(update={"epochs": 2})
    expected = pretrain(config, replace(data, train=data.train[slice(32)]), device="cpu")
    assert [epoch.loss for epoch in pretrain(config, half, device="cpu").history] == [
        epoch.loss for epoch in expected.history
    ]


def test_a_contrastive_training_has_no_classifier() -> None:
    with pytest.raises(ValidationError, match=r"loss\.kind cross_entropy"):
        TrainConfig.model_validate({"evaluate": {"protocol": "classifier"}})

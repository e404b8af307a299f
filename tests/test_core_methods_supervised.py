"""The supervised baseline: labels in place of positives, a classifier in place of the head."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import ValidationError

from core import Frozen, TrainConfig, evaluate, load_pretrained, pretrain
from core.augment.policy import one_view, two_views
from core.config import Classifier, CompositionAugment, CustomAugment, Flip, Grayscale
from core.data.dataset import Dataset, Split
from core.loss.cross_entropy import cross_entropy
from core.pretraining.training import Training
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


def released_step(
    weight: NDArray[np.float64],
    gradient: NDArray[np.float64],
    velocity: NDArray[np.float64],
    is_excluded: bool,
    is_decayed_in_the_loss: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """LARS of google-research/simclr (lars_optimizer.py), at a rate of 0.7 and a weight decay of 0.1. The loss has
    tf.nn.l2_loss of the supervised head in the code of SimCLRv2 (model_util.add_weight_decay), and not in that of the
    paper."""
    if is_decayed_in_the_loss or not is_excluded:
        gradient = gradient + 0.1 * weight
    norms = np.sqrt((weight**2).sum()), np.sqrt((gradient**2).sum())
    ratio = 0.001 * norms[0] / norms[1] if not is_excluded and min(norms) > 0 else 1.0
    velocity = 0.9 * velocity + 0.7 * ratio * gradient
    return weight - velocity, velocity


@pytest.mark.parametrize(
    ("adapt_classifier", "excluded"),
    [(True, ("batch_normalization", "bias")), (False, ("batch_normalization", "bias", "head_supervised"))],
    ids=["the code of the paper", "the code of SimCLRv2"],
)
def test_lars_on_the_classifier_is_the_released_codes(adapt_classifier: bool, excluded: tuple[str, ...]) -> None:
    """Names as in the released code: exclude_from_weight_decay of both, which is of the adaptation too."""
    lars = {"kind": "lars", "weight_decay": 0.1, "adapt_classifier": adapt_classifier}
    training = Training(small_config(loss={"kind": "cross_entropy"}, optimizer=lars), DATA, torch.device("cpu"))
    draws = generator(0, "gradients")
    expected: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for _ in range(3):
        for name, weight in training.model.named_parameters():
            weight.grad = torch.randn(weight.shape, generator=draws)
            is_head, is_vector = weight.shape[0] == 4, weight.ndim == 1
            theirs = [
                "head_supervised" if is_head else "base_model",
                ("bias" if is_head else "batch_normalization") if is_vector else "kernel",
            ]
            old, velocity = expected.get(name, (weight.detach().double().numpy(), np.zeros(weight.shape)))
            in_the_loss = not adapt_classifier and is_head and not is_vector
            is_excluded = any(part in excluded for part in theirs)
            expected[name] = released_step(old, weight.grad.double().numpy(), velocity, is_excluded, in_the_loss)
        for group in training.optimizer.param_groups:
            group["lr"] = 0.7
        training.optimizer.step()
    assert sum(weight.shape[0] == 4 for weight in training.model.parameters()) == 2
    for name, weight in training.model.named_parameters():
        np.testing.assert_allclose(weight.detach().numpy(), expected[name][0], rtol=1e-4, atol=1e-6, err_msg=name)


def test_other_optimisers_and_methods_have_no_group_for_a_classifier() -> None:
    lars = {"kind": "lars", "adapt_classifier": False}
    for changes in ({"loss": {"kind": "cross_entropy"}}, {"optimizer": lars}):
        groups = Training(small_config(**changes), DATA, torch.device("cpu")).optimizer.param_groups
        assert [group["adapt"] for group in groups] == [True, False]

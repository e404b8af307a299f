"""Linear evaluation and fine-tuning by SGD: the paper's numbers, a step by hand, and what is trained and what not."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from core import DataError, Diverged, EvaluateConfig, Frozen, Pretrained, TrainConfig, encoder_hash, evaluate, pretrain
from core.config import FineTune, FineTuneTransfer, LinearSgd
from core.data.dataset import Dataset, Split
from core.evaluation.likelihood import cross_entropy
from core.evaluation.network import Network, network_on
from core.evaluation.protocols import finetune, finetune_transfer, linear_sgd
from core.evaluation.protocols.finetune import keep_labels
from core.evaluation.sgd import Recipe, recipe_of_epochs, train
from core.randomness import generator
from helpers import MeanColour, coloured, pixels, random_dataset, small_config

DATA = Dataset("coloured", ("a", "b", "c", "d"), coloured(64, seed=0), coloured(200, seed=1))
QUICK: list[EvaluateConfig] = [
    LinearSgd(epochs=10, batch_size=16, learning_rate=3.0),
    FineTune(epochs=6, batch_size=16, learning_rate=0.8),
    FineTuneTransfer(steps=24, batch_size=16, learning_rates=(0.8,), weight_decays=(1e-4,)),
]


@pytest.fixture(scope="module")
def trained() -> Pretrained:
    return pretrain(small_config(), DATA, device="cpu")


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Network, Split, Recipe]]:
    """The trainings in their order: the network, the images and the settings of each."""
    seen: list[tuple[Network, Split, Recipe]] = []

    def look(network: Network, split: Split, recipe: Recipe, pretrained: Pretrained) -> None:
        train(network, split, recipe, pretrained)
        seen.append((network, split, recipe))

    for module in (linear_sgd, finetune, finetune_transfer):
        monkeypatch.setattr(module, "train", look)
    return seen


def fingerprint(pretrained: Pretrained) -> tuple[str, str, bool, bool, list[bool]]:
    """Everything that an evaluation must leave as it is."""
    model = nn.Sequential(pretrained.encoder, pretrained.head)
    return (
        encoder_hash(pretrained.encoder),
        encoder_hash(pretrained.head),
        pretrained.encoder.training,
        pretrained.head.training,
        [weight.requires_grad for weight in model.parameters()],
    )


@pytest.mark.parametrize(
    ("config", "epochs", "images", "rate", "steps"),
    [
        (LinearSgd(), 90, 1_281_167, 1.6, 28_151),
        (FineTune(), 60, 12_811, 0.8, 188),
        (FineTune(), 30, 128_116, 0.8, 938),
        (LinearSgd(), 90, 2000, 0.1 * 2000 / 256, 90),
        (FineTune(), 60, 40, 0.05 * 40 / 256, 60),
    ],
)
def test_learning_rate_and_steps_are_appendix_b_5_and_b_6(
    config: LinearSgd | FineTune, epochs: int, images: int, rate: float, steps: int
) -> None:
    recipe = recipe_of_epochs(epochs, config.learning_rate, config.batch_size, images)
    assert (recipe.learning_rate, recipe.steps, recipe.weight_decay) == pytest.approx((rate, steps, 0.0))
    assert recipe.batch_size == min(4096, images)


def test_epochs_are_appendix_b_5(networks: list[Any], trained: Pretrained) -> None:
    assert LinearSgd().epochs == 90
    assert {FineTune(labels=labels).epochs_of(4000) for labels in (0.01, 40)} == {60}
    assert {FineTune(labels=labels).epochs_of(4000) for labels in (0.0101, 41, 0.1, 1.0)} == {30}
    evaluate(FineTune(labels=0.01), trained, DATA)
    evaluate(FineTune(labels=0.1, batch_size=3), trained, DATA)
    evaluate(FineTune(labels=0.1, batch_size=3, epochs=2), trained, DATA)
    assert [recipe.steps for _, _, recipe in networks] == [60, 60, 4]  # of 4, 6 and 6 images


def test_the_steps_are_nesterovs_by_hand(trained: Pretrained) -> None:
    """v = 0.9 v + g, w -= rate (g + 0.9 v), the rate a cosine from its peak; the bias does not decay."""
    labels = torch.tensor([0, 1, 2, 1])
    colours = torch.tensor([[250, 10, 30], [20, 200, 90], [40, 80, 160], [0, 255, 70]], dtype=torch.uint8)
    network = network_on(trained, "h", 3)
    network.body, network.classifier = nn.Sequential(MeanColour()), nn.Linear(3, 3)
    nn.init.zeros_(network.classifier.weight)
    nn.init.zeros_(network.classifier.bias)
    images = colours[:, :, None, None].expand(4, 3, 16, 16).contiguous()
    train(network, Split(images, labels), Recipe(2.0, 4, 5, weight_decay=0.1), trained)

    x, targets = colours.double().numpy() / 255, np.eye(3)[labels.numpy()]
    w, b, v, u = np.zeros((3, 3)), np.zeros(3), np.zeros((3, 3)), np.zeros(3)
    for step in range(5):
        rate = 2.0 * (1 + math.cos(math.pi * step / 5)) / 2
        p = np.exp(x @ w.T + b)
        error = (p / p.sum(axis=1, keepdims=True) - targets) / 4
        g, h = error.T @ x + 0.1 * w, error.sum(axis=0)
        v, u = 0.9 * v + g, 0.9 * u + h
        w, b = w - rate * (g + 0.9 * v), b - rate * (h + 0.9 * u)
    assert np.allclose(network.classifier.weight.detach().numpy(), w, atol=1e-5)
    assert np.allclose(network.classifier.bias.detach().numpy(), b, atol=1e-5)


def test_the_loss_as_written_out() -> None:
    logits = torch.randn(6, 3, generator=generator(0, "logits"), dtype=torch.float64)
    labels = torch.arange(6) % 3
    several = torch.tensor([[0, 1, 1], [1, 0, -1], [1, 1, -1], [0, 0, 0], [1, 0, -1], [0, 1, 0]])
    one = [-math.log(math.exp(row[label]) / sum(map(math.exp, row))) for row, label in zip(logits, labels, strict=True)]
    assert float(cross_entropy(logits.T, labels)) == pytest.approx(sum(one) / 6)
    total = 0.0
    for column, truths in zip(logits.T.tolist(), several.T.tolist(), strict=True):
        known = [(logit, truth) for logit, truth in zip(column, truths, strict=True) if truth >= 0]
        total += sum(math.log(1 + math.exp(-logit if truth else logit)) for logit, truth in known) / len(known)
    assert float(cross_entropy(logits.T, several)) == pytest.approx(total)


def test_a_classifier_starts_at_zero_and_draws_nothing(trained: Pretrained) -> None:
    before = torch.get_rng_state()
    classifier = network_on(trained, "h", 4).classifier
    assert torch.equal(torch.get_rng_state(), before)
    assert not classifier.weight.any()
    assert not classifier.bias.any()


@pytest.mark.parametrize("config", QUICK, ids=lambda config: config.protocol)
def test_labels_are_learned_from_the_training_set_and_scored_on_the_test_set(config: EvaluateConfig) -> None:
    """A random initialisation learns them too. Labels drawn at random give chance, 25 %."""
    pretrained = pretrain(small_config(epochs=0), DATA, device="cpu")
    before = fingerprint(pretrained)
    (right,) = (v for name, v in evaluate(config, pretrained, DATA).metrics.items() if name.endswith("/top1"))
    assert right > 90
    if config.protocol == "linear_sgd":
        assert right == pytest.approx(evaluate(Frozen(l2_count=5), pretrained, DATA).metrics["linear_eval/top1"], abs=4)
    shuffled = DATA.train.labels[torch.randperm(64, generator=generator(0, "labels"))]
    wrong = replace(DATA, train=Split(DATA.train.images, shuffled))
    (chance,) = (v for name, v in evaluate(config, pretrained, wrong).metrics.items() if name.endswith("/top1"))
    assert chance < 60
    assert fingerprint(pretrained) == before


@pytest.mark.parametrize("representation", ["h", 1, "z"])
def test_linear_evaluation_trains_the_classifier_alone(
    representation: str | int, networks: list[Any], trained: Pretrained
) -> None:
    before = fingerprint(trained)
    config = QUICK[0].model_copy(update={"representation": representation})
    assert set(evaluate(config, trained, DATA).metrics) == {"linear_sgd/top1", "linear_sgd/top5"}
    ((network, _, _),) = networks
    depth = {"h": 0, 1: 1, "z": 2}[representation]
    assert encoder_hash(network.body[0]) == encoder_hash(trained.encoder)  # batch norm statistics included
    assert encoder_hash(nn.Sequential(*network.body[1:])) == encoder_hash(trained.head[:depth])
    assert network.classifier.weight.any()
    assert fingerprint(trained) == before


def test_linear_evaluation_trains_on_the_features_that_it_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch norm in training mode would give a batch of one colour other features than the same image alone."""
    pretrained = pretrain(small_config(), DATA, device="cpu")
    seen: list[bool] = []

    def look(network: Network, *arguments: object) -> None:
        seen.extend(module.training for module in network.body.modules())

    monkeypatch.setattr(linear_sgd, "train", look)
    evaluate(LinearSgd(), pretrained, DATA)
    assert len(seen) > 10
    assert not any(seen)


def test_fine_tuning_trains_everything(networks: list[Any], trained: Pretrained) -> None:
    before = fingerprint(trained)
    assert set(evaluate(QUICK[1], trained, DATA).metrics) == {"finetune/top1", "finetune/top5"}
    ((network, _, _),) = networks
    (encoder,) = network.body
    old = trained.encoder.state_dict()
    assert all(not torch.equal(new, old[name]) for name, new in encoder.state_dict().items())  # statistics too
    assert fingerprint(trained) == before


def test_fine_tuning_from_the_heads_first_layer_trains_it_and_drops_the_rest(
    networks: list[Any], trained: Pretrained
) -> None:
    evaluate(QUICK[1].model_copy(update={"representation": 1}), trained, DATA)
    ((network, _, _),) = networks
    encoder, layer = network.body
    assert encoder_hash(encoder) != encoder_hash(trained.encoder)
    old = trained.head[0].state_dict()
    assert layer.state_dict().keys() == old.keys()
    assert all(not torch.equal(new, old[name]) for name, new in layer.state_dict().items())
    assert network.classifier.in_features == 64


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (1.0, [16] * 4),
        (0.5, [8] * 4),
        (0.25, [4] * 4),
        (12, [3] * 4),
        (0.01, [1] * 4),
        (1, [1] * 4),
        (10, [2, 2, 3, 3]),
    ],
)
def test_fewer_labels_are_fewer_images_of_every_class(
    labels: int | float, counts: list[int], networks: list[Any], trained: Pretrained
) -> None:
    evaluate(FineTune(labels=labels, epochs=1), trained, DATA)
    ((_, split, recipe),) = networks
    assert sorted(split.labels.bincount(minlength=4).tolist()) == counts
    assert (recipe.batch_size, recipe.learning_rate) == (sum(counts), pytest.approx(0.05 * sum(counts) / 256))


def test_which_labels_are_kept_depends_on_their_own_seed() -> None:
    split = Split(torch.arange(64).reshape(64, 1, 1, 1), torch.arange(64) % 4)
    parts = [keep_labels(FineTune(labels=0.25, labels_seed=seed), split).labelled() for seed in (0, 0, 1)]
    kept = [pixels(part).flatten().tolist() for part in parts]
    assert kept[0] == kept[1] != kept[2]


def test_unlabelled_images_are_left_out_and_too_few_labels_are_refused(
    networks: list[Any], trained: Pretrained
) -> None:
    unlabelled = DATA.train.labels.where(torch.arange(64) < 32, -1)
    data = replace(DATA, train=Split(DATA.train.images, unlabelled))
    for config in QUICK:
        evaluate(config, trained, data)
    assert [len(split) for _, split, _ in networks] == [32, 32, 32]
    with pytest.raises(DataError, match=r"evaluate\.labels is 33, but there are 32"):
        evaluate(FineTune(labels=33), trained, data)


@pytest.mark.parametrize("config", QUICK, ids=lambda config: config.protocol)
def test_an_evaluation_is_a_function_of_the_trainings_seed(
    config: EvaluateConfig, networks: list[Any], trained: Pretrained
) -> None:
    other = replace(trained, config=trained.config.model_copy(update={"seed": 1}))
    before = torch.get_rng_state()
    scores = [evaluate(config, pretrained, DATA).metrics for pretrained in (trained, trained, other)]
    assert torch.equal(torch.get_rng_state(), before)
    first, again, different = (encoder_hash(network) for network, _, _ in networks)
    assert first == again != different
    assert scores[0] == scores[1]


def test_crops_and_flips_depend_on_the_seed_too(trained: Pretrained) -> None:
    """The order of sixteen copies of one image says nothing."""
    split = Split(pixels(coloured(1, seed=0)).expand(16, 3, 16, 16), torch.zeros(16, dtype=torch.int64))
    weights = []
    for seed in (0, 0, 1):
        network = network_on(trained, "h", 4)
        config = trained.config.model_copy(update={"seed": seed})
        train(network, split, Recipe(0.1, 16, 2), replace(trained, config=config))
        weights.append(network.classifier.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("config", QUICK, ids=lambda config: config.protocol)
def test_test_labels_have_no_part_in_the_training(
    config: EvaluateConfig, networks: list[Any], trained: Pretrained
) -> None:
    for labels in (DATA.test.labels, DATA.test.labels.roll(1)):
        evaluate(config, trained, replace(DATA, test=Split(DATA.test.images, labels)))
    assert encoder_hash(networks[0][0]) == encoder_hash(networks[1][0])


def test_classes_and_size_of_another_data_set(trained: Pretrained) -> None:
    data = random_dataset(train=30, test=20, classes=6, side=24)
    for config in QUICK:
        assert all(0 <= value <= 100 for value in evaluate(config, trained, data).metrics.values())


@pytest.mark.parametrize("config", QUICK[1:], ids=lambda config: config.protocol)
def test_a_rate_that_is_too_high_is_told(config: FineTune | FineTuneTransfer, trained: Pretrained) -> None:
    wild = {"learning_rate": 1e30} if isinstance(config, FineTune) else {"learning_rates": (1e30,)}
    with pytest.raises(Diverged, match="evaluate with a lower one"):
        evaluate(config.model_copy(update=wild), trained, DATA)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"protocol": "finetune", "labels": 1.5}, "labels"),
        ({"protocol": "finetune", "labels": 0}, "labels"),
        ({"protocol": "finetune", "epochs": 0}, "epochs"),
        ({"protocol": "linear_sgd", "labels": 0.1}, "labels"),
        ({"protocol": "linear_sgd", "representation": 3}, "layer 3 of the head"),
        ({"protocol": "finetune_transfer", "learning_rates": []}, "learning_rates"),
        ({"protocol": "finetune_transfer", "learning_rates": [0.0]}, "learning_rates"),
        ({"protocol": "finetune_transfer", "weight_decays": [-0.1]}, "weight_decays"),
    ],
)
def test_what_is_wrong_is_refused_and_named(values: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError, match=place):
        TrainConfig.model_validate({"evaluate": values})


def test_configurations_survive_json() -> None:
    config = TrainConfig(evaluate=FineTuneTransfer(learning_rates=(0.1, 1), weight_decays=(0,)))
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config

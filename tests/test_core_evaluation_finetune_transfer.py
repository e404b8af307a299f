"""Transfer by fine-tuning: the paper's grid, the choice on held-out images, several labels an image."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import Pretrained, evaluate, pretrain
from core.config import FineTuneTransfer
from core.data.dataset import Dataset, Split
from core.evaluation.network import Network
from core.evaluation.protocols import finetune_transfer as module
from core.evaluation.protocols.finetune_transfer import Candidate, candidates, choose, hold_out, set_batch_norm_momentum
from core.evaluation.sgd import Recipe
from core.randomness import generator
from helpers import coloured, pixels, random_images, small_config

DATA = Dataset("coloured", ("a", "b", "c", "d"), coloured(64, seed=0), coloured(80, seed=1))


@pytest.fixture(scope="module")
def scratch() -> Pretrained:
    return pretrain(small_config(epochs=0), DATA, device="cpu")


@pytest.fixture(scope="module")
def trained(scratch: Pretrained) -> Pretrained:
    return replace(scratch, config=scratch.config.model_copy(update={"epochs": 1}))


@pytest.fixture
def recipes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, set[float | None]]]:
    """How each network would have been trained, and the momenta of its batch norms. None is."""
    seen: list[tuple[Recipe, set[float | None]]] = []

    def look(network: Network, split: Split, recipe: Recipe, pretrained: Pretrained) -> None:
        assert network.training
        assert all(m.training for m in network.modules())
        seen.append((recipe, {m.momentum for m in network.modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)}))

    monkeypatch.setattr(module, "train", look)
    return seen


def evenly(first: float, last: float, count: int) -> list[float]:
    return [float(value) for value in np.logspace(np.log10(first), np.log10(last), count)]


def test_the_grid_is_appendix_b_8_2(trained: Pretrained) -> None:
    grid = candidates(FineTuneTransfer(), trained)
    assert [c.learning_rate for c in grid[::8]] == pytest.approx(evenly(1e-4, 0.1, 7))
    assert [c.weight_decay for c in grid[:8]] == pytest.approx([0.0, *evenly(1e-6, 1e-3, 7)])
    assert len(set(grid)) == 7 * 8


def test_the_grid_of_a_random_initialisation_is_appendix_b_8_2(scratch: Pretrained) -> None:
    grid = candidates(FineTuneTransfer(), scratch)
    assert [c.learning_rate for c in grid[::8]] == pytest.approx(evenly(1e-3, 1, 7))
    assert [c.weight_decay for c in grid[:8]] == pytest.approx(evenly(1e-5, 10**-1.5, 8))
    assert len(set(grid)) == 7 * 8


def test_a_grid_of_ones_own(trained: Pretrained) -> None:
    config = FineTuneTransfer(learning_rates=(0.1,), weight_decays=(0.0, 1e-4))
    assert candidates(config, trained) == [Candidate(0.1, 0.0), Candidate(0.1, 1e-4)]


def test_the_training_is_appendix_b_8_2(recipes: list[tuple[Recipe, object]], trained: Pretrained) -> None:
    """Batches of 256: a learning rate of the grid as it is, weight decay divided by it."""
    data = replace(DATA, train=coloured(600, seed=0))
    config = FineTuneTransfer(learning_rates=(0.1,), weight_decays=(1e-3,))
    evaluate(config, trained, data)
    evaluate(config.model_copy(update={"steps": 200}), trained, data)
    evaluate(config, replace(trained, config=trained.config.model_copy(update={"epochs": 0})), data)
    assert [recipe.steps for recipe, _ in recipes] == [20_000, 200, 40_000]
    for recipe, _ in recipes:
        assert (recipe.batch_size, recipe.learning_rate) == pytest.approx((256, 0.1))
        assert recipe.weight_decay == pytest.approx(0.01)


def test_fewer_images_than_a_batch_are_a_batch(recipes: list[tuple[Recipe, object]], trained: Pretrained) -> None:
    evaluate(FineTuneTransfer(learning_rates=(0.1,), weight_decays=(1e-3,)), trained, DATA)
    ((recipe, _),) = recipes
    assert (recipe.batch_size, recipe.learning_rate) == pytest.approx((64, 0.1 * 64 / 256))
    assert recipe.learning_rate * recipe.weight_decay == pytest.approx(1e-3)


@pytest.mark.parametrize(("steps_per_epoch", "kept"), [(1, 0.9), (5, 0.9), (100, 0.9), (200, 0.95), (5000, 0.998)])
def test_batch_norm_keeps_what_appendix_b_8_2_says_of_its_statistics(steps_per_epoch: int, kept: float) -> None:
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(1.0)  # type: ignore[union-attr]
    set_batch_norm_momentum(nn.Sequential(norm), steps_per_epoch)
    norm(torch.tensor([[-1.0], [1.0]]))
    assert float(norm.running_mean) == pytest.approx(kept)  # type: ignore[arg-type]


def test_the_momentum_of_every_batch_norm_is_set(recipes: list[tuple[Recipe, set[float]]], trained: Pretrained) -> None:
    """1,000 images in batches of 4: 250 steps an epoch."""
    data = replace(DATA, train=coloured(1000, seed=0))
    config = FineTuneTransfer(batch_size=4, learning_rates=(0.1,), weight_decays=(0.0,), representation="z")
    evaluate(config, trained, data)
    ((_, momenta),) = recipes
    assert list(momenta) == [pytest.approx(0.04)]


def numbered(count: int, first: int = 0) -> Split:
    """Images that can be told apart."""
    numbers = torch.arange(first, first + count)
    return Split(numbers.to(torch.uint8)[:, None, None, None].expand(count, 3, 16, 16).contiguous(), numbers % 4)


def numbers(split: Split) -> list[int]:
    return [int(number) for number in pixels(split)[:, 0, 0, 0]]


def test_the_choice_is_made_on_held_out_images_and_all_are_trained_on_then(
    monkeypatch: pytest.MonkeyPatch, trained: Pretrained
) -> None:
    fitted: list[list[int]] = []
    scored: list[list[int]] = []
    share_right = {(0.1, 0.0): 0.2, (0.1, 1e-4): 0.6, (1.0, 0.0): 0.6, (1.0, 1e-4): None}

    def fit(candidate: Candidate, config: object, pretrained: object, split: Split, classes: int) -> object:
        fitted.append(numbers(split))
        return candidate, Recipe(0.1, 1, 1)

    def predict(candidate: Candidate, pretrained: object, split: Split, test_crop: float) -> tuple[Tensor, Tensor]:
        scored.append(numbers(split))
        right = share_right[(candidate.learning_rate, candidate.weight_decay)]
        if right is None:
            return torch.full((len(split), 4), torch.nan), split.labels
        guesses = torch.where(torch.arange(len(split)) < right * len(split), split.labels, (split.labels + 1) % 4)
        return torch.eye(4)[guesses], split.labels

    monkeypatch.setattr(module, "fit", fit)
    monkeypatch.setattr(module, "predict", predict)
    data = Dataset("numbered", ("a", "b", "c", "d"), numbered(80), numbered(40, first=80))
    config = FineTuneTransfer(learning_rates=(0.1, 1.0), weight_decays=(0.0, 1e-4), holdout=0.25)
    scores = evaluate(config, trained, data).metrics
    assert scores == {
        "finetune_transfer/top1": pytest.approx(60),
        "finetune_transfer/learning_rate": 0.1,
        "finetune_transfer/weight_decay": 1e-4,
    }
    for inner, outer in zip(fitted[:4], scored[:4], strict=True):
        assert sorted(inner + outer) == list(range(80))
        assert [sum(n % 4 == c for n in outer) for c in range(4)] == [5] * 4
    assert fitted[4:] == [list(range(80))]
    assert scored[4:] == [list(range(80, 120))]


def test_a_grid_of_one_needs_no_choice(recipes: list[object], trained: Pretrained) -> None:
    evaluate(FineTuneTransfer(learning_rates=(0.1,), weight_decays=(0.0,)), trained, DATA)
    assert len(recipes) == 1


def test_one_image_a_class_takes_the_middle_of_the_grid(trained: Pretrained) -> None:
    """Nothing can be held out, and a mean over no image is no number."""
    data = Dataset("few", DATA.classes, DATA.train[torch.tensor([0])], DATA.test)
    config = FineTuneTransfer(steps=1, learning_rates=(0.1, 0.2, 0.4), weight_decays=(0.0,))
    chosen = choose(config, trained, data.train, len(data.classes), "mean_per_class")
    assert chosen.learning_rate == 0.2


def test_a_grid_is_trained_and_one_of_it_is_chosen(trained: Pretrained) -> None:
    config = FineTuneTransfer(steps=24, batch_size=16, learning_rates=(1e-9, 0.8, 1e30), weight_decays=(0.0,))
    scores = evaluate(config, trained, DATA).metrics
    assert scores["finetune_transfer/learning_rate"] == 0.8
    assert scores["finetune_transfer/top1"] > 90


def test_the_metric_is_the_one_asked_for(recipes: list[object], trained: Pretrained) -> None:
    config = FineTuneTransfer(metric="mean_per_class", learning_rates=(0.1,), weight_decays=(0.0,))
    assert evaluate(config, trained, DATA).metrics["finetune_transfer/mean_per_class"] == 25  # untrained: all class 0


def several_labels(count: int, seed: int) -> Split:
    """Each colour channel is bright or not."""
    labels = torch.randint(2, (count, 3), generator=generator(seed, "several labels"))
    images = random_images(count, 16, seed) // 5 + 150 * labels[:, :, None, None]
    return Split(images.to(torch.uint8), labels)


def test_images_may_have_several_labels(scratch: Pretrained) -> None:
    data = Dataset("several", ("red", "green", "blue"), several_labels(80, 0), several_labels(60, 1))
    config = FineTuneTransfer(steps=40, batch_size=16, learning_rates=(1e-9, 1.5), weight_decays=(0.0,))
    scores = evaluate(config, scratch, data).metrics
    assert scores["finetune_transfer/map_11"] > 90
    assert scores["finetune_transfer/learning_rate"] == 1.5


def test_what_is_held_out_of_images_with_several_labels_is_a_share_of_all() -> None:
    split = Split(torch.arange(50).reshape(50, 1, 1, 1), torch.zeros(50, 3, dtype=torch.int64))
    inner, outer = hold_out(split, 0.2, generator(0, "test"))
    assert (len(inner), len(outer)) == (40, 10)
    assert sorted(torch.cat([pixels(inner), pixels(outer)]).flatten().tolist()) == list(range(50))

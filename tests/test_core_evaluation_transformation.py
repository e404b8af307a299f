"""Predicting the transformation: of features whose content is known, and of views whose label is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core import Pretrained, evaluate, pretrain
from core.augment.operations.sobel import gradient_magnitude
from core.config import (
    AdamW,
    CustomAugment,
    SimclrAugment,
    TransformationProbe,
)
from core.config.policies import AugmentConfig
from core.config.protocols.probes import Task
from core.data.dataset import Dataset, Split
from core.evaluation.mlp import build_mlp, fit_mlp
from core.evaluation.transformed import draw_labels, split_policy, transformed_views
from core.numerics import Numerics
from core.randomness import generator
from core.trained.features import extract_views
from helpers import NOTHING, Features, knowing, random_dataset, random_images, small_config

CPU = torch.device("cpu")
TASKS: list[Task] = ["color", "rotation", "noise", "sobel"]


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return pretrain(small_config(epochs=0), random_dataset(), device="cpu")


def views(images: Tensor, labels: Tensor, task: Task, policy: AugmentConfig = NOTHING) -> Tensor:
    return torch.cat(
        list(transformed_views(Split(images, labels), labels, policy, TransformationProbe(task=task), "test", CPU))
    )


@pytest.mark.parametrize("task", TASKS)
def test_guessing_is_as_good_as_in_table_3(task: Task) -> None:
    expected = {"color": [80, 20], "rotation": [25] * 4, "noise": [50, 50], "sobel": [50, 50]}[task]
    labels = draw_labels(20_000, TransformationProbe(task=task), "test")
    assert (labels.bincount() / 200).tolist() == pytest.approx(expected, abs=1.5)


def test_labels_are_a_matter_of_the_seed_and_the_split() -> None:
    config = TransformationProbe(task="rotation")
    labels = draw_labels(100, config, "train")
    assert torch.equal(labels, draw_labels(100, config, "train"))
    assert not torch.equal(labels, draw_labels(100, config, "test"))
    assert not torch.equal(labels, draw_labels(100, TransformationProbe(task="rotation", seed=1), "train"))


@pytest.mark.parametrize("task", TASKS)
def test_a_label_is_what_happened_to_the_view(task: Task) -> None:
    images = random_images(600, 16)  # more than one batch
    labels = draw_labels(600, TransformationProbe(task=task), "test")
    for view, image, label in zip(views(images, labels, task), images / 255, labels.tolist(), strict=True):
        if task == "rotation":
            assert torch.equal(view, torch.rot90(image, label, (1, 2)))
        elif label == 0:
            assert torch.equal(view, image)
        elif task == "color":
            assert torch.equal(view[0], view[1])
            assert torch.equal(view[0], view[2])
        elif task == "sobel":
            assert torch.allclose(view, gradient_magnitude(image[None])[0])
        else:
            inside = (view > 0) & (view < 1)
            assert (view - image)[inside].std().item() == pytest.approx(0.1, abs=0.02)


def test_the_policys_own_operation_is_the_one_that_is_predicted() -> None:
    """The default has its grayscale between jitter and blur; a policy of one's own may have it twice."""
    before, operation, after = split_policy(SimclrAugment(), "color")
    assert [other.kind for other in before] == ["crop", "flip", "jitter"]
    assert operation.kind == "grayscale"
    assert [other.kind for other in after] == ["blur"]
    before, operation, after = split_policy(SimclrAugment(), "rotation")
    assert [other.kind for other in before] == ["crop", "flip", "jitter", "grayscale", "blur"]
    assert (operation.kind, after) == ("rotate", ())
    noise = {"kind": "noise", "sigma": 0.3, "probability": 0.9}
    twice = CustomAugment.model_validate({"shared": ["crop"], "both": [noise, "flip"], "first": ["noise", "blur"]})
    before, operation, after = split_policy(twice, "noise")
    assert [other.kind for other in before] == ["crop"]
    assert operation == twice.both[0]
    assert [other.kind for other in after] == ["flip", "blur"]


def test_a_view_has_the_policys_other_operations_too() -> None:
    flip, sobel = {"kind": "flip", "probability": 1.0}, {"kind": "sobel", "probability": 0.0}
    policy = CustomAugment.model_validate({"both": [flip, sobel, "grayscale"]})
    images, labels = random_images(40, 16), torch.arange(40) % 2
    flipped = (images / 255).flip(3)
    luminance = (views(images, labels, "sobel", policy)).mean(dim=1)
    weights = torch.tensor([0.2989, 0.587, 0.114])[:, None, None]
    grayscale = torch.tensor([bool((view[0] == view[1]).all()) for view in views(images, labels, "sobel", policy)])
    assert 1 < grayscale.sum() < 20  # with its own probability, 0.2
    for number in grayscale.nonzero().flatten().tolist():
        expected = gradient_magnitude(flipped[number : number + 1])[0] if labels[number] else flipped[number]
        assert torch.allclose(luminance[number], (weights * expected).sum(dim=0), atol=1e-5)


def test_views_are_made_in_full_precision() -> None:
    """Autocast is the encoder's alone: as in training, a blur is not to be computed in bfloat16."""
    policy = CustomAugment.model_validate({"both": [{"kind": "blur", "probability": 1.0}]})
    images, labels = random_images(8, 16), torch.arange(8) % 2
    seen: list[Tensor] = []
    model = Features(lambda view: seen.append(view.clone()) or view.flatten(1))  # type: ignore[func-returns-value]
    batches = transformed_views(Split(images, labels), labels, policy, TransformationProbe(), "test", CPU)
    extract_views(model, batches, Numerics("bfloat16", channels_last=False))
    assert torch.equal(seen[0], views(images, labels, "color", policy))


def striped(count: int, seed: int) -> Split:
    """Bright at the top: that side tells the rotation. Without labels, which the task does not need."""
    images = random_images(count, 16, seed) // 3
    images[:, :, :4] += 150
    return Split(images, torch.full((count,), -1))


STRIPED = Dataset("striped", ("a",), striped(800, seed=0), striped(400, seed=1))


def sides(view: Tensor) -> Tensor:
    columns, rows = view.mean(dim=(1, 2)), view.mean(dim=(1, 3))
    return torch.cat([columns[:, :4], columns[:, -4:], rows[:, :4], rows[:, -4:]], dim=1)


TELLING: dict[Task, Callable[[Tensor], Tensor]] = {
    "color": lambda view: view.std(dim=1).flatten(1)[:, :8],
    "rotation": sides,
    "noise": lambda view: (view * 255 - (view * 255).round()).abs().mean(dim=(1, 2)),
    "sobel": lambda view: view.mean(dim=(2, 3)),
}


@pytest.mark.parametrize("task", TASKS)
def test_what_the_features_hold_is_found(task: Task, pretrained: Pretrained) -> None:
    config = TransformationProbe(task=task, optimizer=AdamW(learning_rate=0.03))
    scores = evaluate(config, knowing(pretrained, TELLING[task]), STRIPED).metrics
    assert set(scores) == {"transformation/top1", "transformation/chance"}
    assert scores["transformation/top1"] == 100
    labels = draw_labels(400, config, "test")
    assert scores["transformation/chance"] == pytest.approx(100 * max(np.bincount(labels)) / 400)


def test_what_the_features_do_not_hold_is_not_found(pretrained: Pretrained) -> None:
    """Mean and deviation of a view are the same however it is turned."""

    def blind(view: Tensor) -> Tensor:
        return torch.cat([view.mean(dim=(2, 3)), view.std(dim=(2, 3))], dim=1)

    scores = evaluate(TransformationProbe(task="rotation"), knowing(pretrained, blind), STRIPED).metrics
    assert scores["transformation/top1"] == pytest.approx(25, abs=9)  # four sigmas
    assert scores["transformation/chance"] == pytest.approx(25, abs=9)


def test_the_mlp_has_a_hidden_layer() -> None:
    """XOR is out of reach of a linear classifier."""
    x = torch.randn(400, 16, generator=generator(0, "features"))
    y = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).long()
    config = TransformationProbe(epochs=40, batch_size=50, optimizer=AdamW(learning_rate=0.1))
    right = (fit_mlp(x, y, 2, config)(x).argmax(dim=1) == y).float().mean()
    assert right > 0.95
    shapes = [tuple(weight.shape) for weight in build_mlp(16, 2, generator(0, "mlp")).parameters()]
    assert shapes == [(16, 16), (16,), (2, 16), (2,)]


def test_an_mlp_on_random_labels_stays_at_chance() -> None:
    draws = generator(0, "random")
    x, y = torch.randn(1000, 16, generator=draws), torch.randint(4, (1000,), generator=draws)
    predict = fit_mlp(x[:600], y[:600], 4, TransformationProbe(epochs=5))
    assert (predict(x[600:]).argmax(dim=1) == y[600:]).float().mean().item() == pytest.approx(0.25, abs=0.09)


def test_z_is_predicted_from_where_it_is_asked_for(pretrained: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.evaluation.protocols import transformation

    widths: list[int] = []

    def look(x: torch.Tensor, *rest: Any) -> Any:
        widths.append(x.shape[1])
        return fit_mlp(x, *rest)

    monkeypatch.setattr(transformation, "fit_mlp", look)
    for representation in ("h", 1, "z"):
        config = TransformationProbe.model_validate({"representation": representation, "epochs": 1})
        evaluate(config, pretrained, random_dataset())
    assert widths == [64, 64, 16]

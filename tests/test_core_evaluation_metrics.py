"""Table 8's metrics, and linear evaluation by them where images have several labels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score, top_k_accuracy_score

from core import DataError, Frozen, evaluate, pretrain
from core.config import Classifier
from core.config.metrics import Metric
from core.data.dataset import Dataset, Split
from core.data.subset import balanced_subset, stratified_part
from core.evaluation.linear import choose_l2, fit_path
from core.evaluation.metrics import measure, metric_for
from core.evaluation.protocols import frozen as module
from core.randomness import generator
from core.trained.accuracy import mean_average_precision, mean_per_class
from core.trained.features import standardise
from helpers import random_dataset, random_images, small_config


def draw(count: int, classes: int, levels: int = 10_000) -> torch.Tensor:
    """Scores (count, classes); few levels make ties."""
    return torch.randint(levels, (count, classes), generator=generator(0, "scores")).float() / levels


def random_labels(count: int, classes: int, difficult: float = 0.2) -> torch.Tensor:
    """Each class in a third of the images, and left open in some."""
    chance = torch.rand(count, classes, generator=generator(0, "labels"))
    return (chance < 1 / 3).long() - (chance > 1 - difficult).long()


def devkit_average_precision(scores: list[float], labels: list[int]) -> float:
    """VOCevalcls.m of the 2007 development kit, line by line; 0 is difficult there and -1 is absent."""
    truth = [{1: 1, 0: -1, -1: 0}[label] for label in labels]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    true_positives = false_positives = 0
    recall, precision = [], []
    for i in order:
        true_positives += truth[i] > 0
        false_positives += truth[i] < 0
        if true_positives + false_positives:
            recall.append(true_positives / sum(t > 0 for t in truth))
            precision.append(true_positives / (true_positives + false_positives))
    average = 0.0
    for level in range(11):
        reached = [p for r, p in zip(recall, precision, strict=True) if r >= level / 10 - 1e-12]
        average += max(reached, default=0.0) / 11
    return average


@pytest.mark.parametrize("levels", [10_000, 5], ids=["distinct", "ties"])
@pytest.mark.parametrize("difficult", [0.0, 0.3])
def test_average_precision_is_that_of_the_development_kit(levels: int, difficult: float) -> None:
    scores, labels = draw(70, 6, levels), random_labels(70, 6, difficult)
    expected = [devkit_average_precision(s.tolist(), t.tolist()) for s, t in zip(scores.T, labels.T, strict=True)]
    assert mean_average_precision(scores, labels) == pytest.approx(100 * np.mean(expected))


def test_average_precision_by_hand() -> None:
    """Ranked: right, wrong, right. Precision is 1 up to a recall of a half, and 2/3 from there."""
    scores, labels = torch.tensor([[3.0], [2.0], [1.0]]), torch.tensor([[1], [0], [1]])
    assert mean_average_precision(scores, labels) == pytest.approx(100 * (6 + 5 * 2 / 3) / 11)
    assert mean_average_precision(scores, torch.tensor([[1], [-1], [1]])) == 100
    assert mean_average_precision(scores, torch.tensor([[0], [0], [0]])) == 0


def test_accuracies_are_scikit_learns() -> None:
    logits = draw(200, 7)
    labels = torch.randint(6, (200,), generator=generator(1, "labels")).clamp(min=1)  # unequal, and two without images
    guesses = logits.argmax(dim=1)
    expected = recall_score(labels, guesses, average="macro", labels=labels.unique())
    assert mean_per_class(logits, labels) == pytest.approx(100 * expected)
    expected = top_k_accuracy_score(labels, logits.numpy(), k=1, labels=range(7))
    assert measure(logits, labels, "top1") == pytest.approx(100 * expected)
    assert measure(logits, labels, "top1") != measure(logits, labels, "mean_per_class")


@pytest.mark.parametrize("l2", [1e-3, 1e-1])
def test_each_of_several_labels_has_scikit_learns_logistic_regression(l2: float) -> None:
    """Fitted to the images that do not leave its class open."""
    g = generator(0, "features")
    labels = random_labels(300, 4)
    mixing = torch.randn(4, 12, generator=g)
    (x,) = standardise((labels == 1).float() @ mixing + 1.5 * torch.randn(300, 12, generator=g))
    (ours,) = fit_path(x, labels, 4, [l2])
    for label in range(4):
        known = labels[:, label] >= 0
        inner, truth = x[known].numpy(), labels[known, label].numpy()
        theirs = LogisticRegression(C=1 / (l2 * len(inner)), tol=1e-8, max_iter=2000).fit(inner, truth)
        probabilities = ours(x[known])[:, label].sigmoid().numpy()
        assert np.abs(probabilities - theirs.predict_proba(inner)[:, 1]).max() < 0.01


def tinted(count: int, seed: int) -> Split:
    """Red, green and blue: each is there or not; every tenth image leaves green open."""
    labels = torch.randint(2, (count, 3), generator=generator(seed, "tints"))
    images = random_images(count, 16, seed) // 4 + (150 * labels[:, :, None, None]).to(torch.uint8)
    labels[::10, 1] = -1
    return Split(images, labels)


def tints() -> Dataset:
    return Dataset("tints", ("red", "green", "blue"), tinted(120, 0), tinted(200, 1))


def test_images_with_several_labels_are_scored_by_average_precision_alone() -> None:
    data = tints()
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    metrics = evaluate(Frozen(l2_count=5), pretrained, data).metrics
    assert set(metrics) == {"linear_eval/map_11", "linear_eval/l2", "linear_eval/validation"}
    assert metrics["linear_eval/map_11"] > 97
    shuffled = data.test.labels[torch.randperm(200, generator=generator(0, "order"))]
    wrong = evaluate(Frozen(l2_count=5), pretrained, replace(data, test=Split(data.test.images, shuffled))).metrics
    assert wrong["linear_eval/map_11"] == pytest.approx(50, abs=15)


def test_the_metric_of_the_data_is_scored_besides_top_1() -> None:
    data = replace(random_dataset(), metric="mean_per_class")
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    metrics = evaluate(Frozen(l2_count=1), pretrained, data).metrics
    names = ("top1", "top5", "mean_per_class", "l2", "validation")
    assert set(metrics) == {f"linear_eval/{name}" for name in names} | {"knn/top1"}


def test_the_l2_weight_is_chosen_by_the_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine in ten images are of class 0: top-1 takes the constant answer, the mean per class what finds class 1."""
    labels = torch.tensor([0] * 90 + [1] * 10)
    constant, finder = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    answers = [lambda x: constant.expand(len(x), 2), lambda x: finder.expand(len(x), 2)]
    answers.append(lambda x: torch.where(torch.arange(len(x))[:, None] < len(x) // 2, constant, finder))
    monkeypatch.setattr("core.evaluation.linear.fit_path", lambda *arguments: answers)
    config = Frozen(l2_low=1e-2, l2_high=1, l2_count=3, holdout=0.5)
    chosen: list[Metric] = ["top1", "mean_per_class"]
    by_metric = [choose_l2(torch.arange(100.0)[:, None], labels, 2, config, metric)[0] for metric in chosen]
    assert by_metric == pytest.approx([1, 1e-2])


def test_the_metric_is_the_configurations_then_the_datas_then_the_labels() -> None:
    single, several = random_dataset(), tints()
    assert metric_for(None, single) == "top1"
    assert metric_for(None, several) == "map_11"
    assert metric_for(None, replace(single, metric="mean_per_class")) == "mean_per_class"
    assert metric_for("top1", replace(single, metric="mean_per_class")) == "top1"


@pytest.mark.parametrize(("wanted", "data"), [("top1", tints()), ("map_11", random_dataset())])
def test_a_metric_for_other_labels_is_refused(wanted: Metric, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "represent", lambda *arguments: pytest.fail("it should not come to that"))
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    with pytest.raises(DataError, match=f"evaluate.metric is {wanted}, but an image of {data.name} has"):
        evaluate(Frozen(metric=wanted), pretrained, data)


def test_what_needs_one_label_refuses_several() -> None:
    data = tints()
    with pytest.raises(DataError, match=r"loss.kind cross_entropy needs one"):
        pretrain(small_config(loss={"kind": "cross_entropy"}), data, device="cpu")
    with pytest.raises(DataError, match="protocol classifier needs one"):
        evaluate(Classifier(), pretrain(small_config(epochs=0), data, device="cpu"), data)


def test_a_classifier_of_other_classes_is_refused() -> None:
    config = small_config(epochs=0, loss={"kind": "cross_entropy"})
    pretrained = pretrain(config, random_dataset(classes=4), device="cpu")
    with pytest.raises(DataError, match="was trained on 4 classes, and random has 3"):
        evaluate(Classifier(), pretrained, random_dataset(classes=3))


def test_images_with_several_labels_are_trained_on_without_them() -> None:
    data = tints()
    assert len(pretrain(small_config(epochs=2), data, device="cpu").history) == 2


def test_parts_of_images_with_several_labels_are_parts_of_all() -> None:
    labels = random_labels(40, 3)
    held = stratified_part(labels, 0.1, generator(0, "part"))
    assert len(held) == len(set(held.tolist())) == 4
    assert not torch.equal(held, stratified_part(labels, 0.1, generator(1, "part")))
    assert len(stratified_part(labels, 0.999, generator(0, "part"))) == 39
    kept = balanced_subset(labels, 0.25, generator(0, "subset"))
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert len(kept) == 10

"""Evaluation: the encoder stays frozen, the test set chooses nothing, the classifiers are the textbook's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from core import Frozen, TrainConfig, encoder_hash, evaluate, pretrain
from core.data.dataset import Dataset, Split
from core.evaluation import linear
from core.evaluation.linear import LinearClassifier, choose_l2, fit_chosen, fit_path, l2_grid
from core.evaluation.network import network_on
from core.evaluation.protocols import frozen as module
from core.evaluation.sgd import Recipe, train
from core.randomness import generator
from core.trained.accuracy import top_k
from core.trained.features import extract, standardise
from core.trained.neighbours import nearest_neighbours
from helpers import coloured, random_dataset, small_config


def clusters(count: int, classes: int = 5, width: int = 20, noise: float = 1.5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Overlapping Gaussian classes: features (count, width), labels (count,)."""
    g = generator(seed, "clusters")
    centres = torch.randn(classes, width, generator=generator(0, "centres"))
    labels = torch.randint(classes, (count,), generator=g)
    return centres[labels] + noise * torch.randn(count, width, generator=g), labels


@pytest.mark.parametrize("l2", [1e-4, 1e-2, 1.0])
def test_linear_evaluation_is_scikit_learns(l2: float) -> None:
    (x, y), (test_x, test_y) = clusters(600), clusters(2000, seed=1)
    x, test_x = standardise(x, test_x)
    (ours,) = fit_path(x, y, 5, [l2])
    theirs = LogisticRegression(C=1 / (l2 * len(x)), tol=1e-6, max_iter=2000).fit(x.numpy(), y.numpy())
    assert top_k(ours(test_x), test_y, 1) == pytest.approx(100 * theirs.score(test_x.numpy(), test_y.numpy()), abs=0.3)
    probabilities = ours(test_x).softmax(dim=1).numpy()
    assert np.abs(probabilities - theirs.predict_proba(test_x.numpy())).max() < 0.02


def objective(classifier: LinearClassifier, x: Tensor, y: Tensor, l2: float) -> float:
    """In float64: the optimum of a weak l2 weight is a small number."""
    weight, bias = classifier.weight.double(), classifier.bias.double()
    return float(F.cross_entropy(F.linear(x.double(), weight, bias), y) + l2 / 2 * weight.square().sum())


@pytest.mark.parametrize("noise", [0.5, 4.0], ids=["separable", "overlapping"])
def test_a_weak_l2_weight_is_fitted_to_its_optimum(noise: float) -> None:
    """128 features that vary unequally and together, as an encoder's do. If the classes can be separated, the gradient
    is small long before the optimum of a weak l2 weight is reached."""
    mixing = torch.randn(128, 128, generator=generator(0, "mixing")) * torch.logspace(0, -2, 128)
    (x, y), (test_x, test_y) = (clusters(count, 5, 128, noise, seed) for seed, count in enumerate((1500, 2000)))
    x, test_x = standardise(x @ mixing.T, test_x @ mixing.T)
    l2s = [1e-1, 1e-3, 1e-5, 1e-6]
    path = dict(zip(l2s, fit_path(x, y, 5, l2s), strict=True))
    for l2 in (1e-5, 1e-6):
        model = LogisticRegression(C=1 / (l2 * len(x)), tol=1e-10, max_iter=200, solver="newton-cholesky")
        model.fit(x.double().numpy(), y.numpy())
        theirs = LinearClassifier(torch.tensor(model.coef_), torch.tensor(model.intercept_))
        assert objective(path[l2], x, y, l2) == pytest.approx(objective(theirs, x, y, l2), rel=0.01)
        expected = top_k(theirs(test_x.double()), test_y, 1)
        assert top_k(path[l2](test_x), test_y, 1) == pytest.approx(expected, abs=0.5)
    assert not torch.equal(path[1e-5].weight, path[1e-6].weight)


def test_where_the_search_starts_does_not_matter() -> None:
    x, y = clusters(300)
    (alone,) = fit_path(x, y, 5, [0.01])
    *_, warm = fit_path(x, y, 5, [10.0, 0.01])
    assert torch.allclose(warm(x), alone(x), atol=0.02)


def test_the_chosen_l2_weight_is_fitted_along_the_path_that_it_was_chosen_on() -> None:
    x, y = clusters(300)
    config = Frozen(l2_low=1e-3, l2_high=10, l2_count=5)
    chosen = fit_chosen(x, y, 5, config, l2_grid(config)[3])
    assert torch.equal(chosen.weight, list(fit_path(x, y, 5, l2_grid(config)))[3].weight)


def test_l2_is_chosen_on_held_out_training_images(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = torch.arange(40.0)[:, None], torch.arange(40) % 4
    fitted: list[Tensor] = []
    scored: list[Tensor] = []
    by_l2 = {1.0: 10.0, 0.1: 30.0, 0.01: 30.0}

    def fit_path(inner: Tensor, inner_labels: Tensor, classes: int, l2s: list[float]) -> list[Any]:
        assert inner_labels.bincount().tolist() == [7] * 4
        fitted.append(inner.flatten())
        return [lambda outer, l2=l2: (l2, outer) for l2 in l2s]

    def measure(answer: tuple[float, Tensor], outer_labels: Tensor, metric: str) -> float:
        assert metric == "mean_per_class"
        scored.append(answer[1].flatten())
        assert outer_labels.bincount().tolist() == [3] * 4
        return by_l2[round(answer[0], 6)]

    monkeypatch.setattr(linear, "fit_path", fit_path)
    monkeypatch.setattr(linear, "measure", measure)
    config = Frozen(l2_low=0.01, l2_high=1, l2_count=3, holdout=0.3)
    chosen, score = choose_l2(features, labels, 4, config, "mean_per_class")
    assert chosen == pytest.approx(0.1)  # of equally good ones the strongest
    assert score == max(by_l2.values())
    (inner,) = fitted
    assert len(scored) == 3
    for outer in scored:
        assert len(torch.unique(torch.cat([inner, outer]))) == 40
    assert inner.mean().abs() < 1e-6  # standardised by the inner part alone
    assert inner.std().item() == pytest.approx(1, abs=1e-6)


def test_a_small_class_is_both_fitted_and_held_out() -> None:
    """An equal number of every class would take all that a small one has."""
    x, y = clusters(400)
    kept = (y != 0) | (torch.arange(400) < 10)
    x, y = x[kept], y[kept]
    seen: list[Tensor] = []
    path = linear.fit_path

    def look(inner: Tensor, inner_labels: Tensor, classes: int, l2s: list[float]) -> Any:
        seen.append(inner_labels.bincount(minlength=5))
        return path(inner, inner_labels, classes, l2s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "fit_path", look)
        choose_l2(x, y, 5, Frozen(l2_count=2, holdout=0.5), "top1")
    assert 0 < seen[0][0] < y.bincount()[0]


@pytest.mark.parametrize("metric", ["top1", "mean_per_class"])
def test_one_image_a_class_leaves_nothing_to_choose_on(metric: str) -> None:
    """The strongest weight was taken as the best of equally bad ones, or the mean of no class raised."""
    config = Frozen(l2_low=1e-2, l2_high=1e2, l2_count=5)
    l2, score = choose_l2(torch.randn(4, 3), torch.arange(4), 4, config, metric)
    assert l2 == pytest.approx(1.0)
    assert score is None


def test_the_grid_is_the_papers() -> None:
    grid = l2_grid(Frozen())
    assert len(grid) == 45
    assert grid[0] == pytest.approx(1e5)
    assert grid[-1] == pytest.approx(1e-6)
    assert grid[0] / grid[4] == pytest.approx(10)


def test_test_labels_have_no_part_in_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def spy(features: Tensor, labels: Tensor, classes: int, config: Frozen, metric: str) -> tuple[float, float]:
        seen.append(labels)
        return 0.1, 50.0

    monkeypatch.setattr(module, "choose_l2", spy)
    data = random_dataset()
    evaluate(Frozen(), pretrain(small_config(epochs=0), data, device="cpu"), data)
    assert torch.equal(seen[0], data.train.labels)


def test_it_is_the_test_images_that_are_scored() -> None:
    """Under labels drawn at random they score chance, 25 %, and the training images would still score 100."""
    train, test = coloured(80, seed=0), coloured(200, seed=1)
    data = Dataset("coloured", ("a", "b", "c", "d"), train, test)
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    config = Frozen(l2_count=5, neighbors=10)
    right = evaluate(config, pretrained, data).metrics
    assert min(right["linear_eval/top1"], right["knn/top1"]) > 97
    shuffled = test.labels[torch.randperm(200, generator=generator(0, "labels"))]
    wrong = evaluate(config, pretrained, replace(data, test=Split(test.images, shuffled))).metrics
    for metric in ("linear_eval/top1", "knn/top1"):
        assert wrong[metric] == pytest.approx(25, abs=13)  # four sigmas
    assert wrong["linear_eval/l2"] == right["linear_eval/l2"]
    assert wrong["linear_eval/validation"] == right["linear_eval/validation"] > 97


def test_neighbours_vote_as_written_out() -> None:
    (train, labels), (queries, _) = clusters(60), clusters(10, seed=1)
    (votes,) = nearest_neighbours(train, labels, queries, 5, [7], temperature=0.1)
    for query, vote in zip(queries, votes, strict=True):
        cosine = [float(torch.cosine_similarity(query, t, dim=0)) for t in train]
        nearest = sorted(range(60), key=lambda i: -cosine[i])[:7]
        expected = torch.zeros(5)
        for i in nearest:
            expected[labels[i]] += np.exp((cosine[i] - cosine[nearest[0]]) / 0.1)
        assert torch.allclose(vote, expected, atol=1e-4)


def test_more_neighbours_than_images_is_all_of_them() -> None:
    train, labels = clusters(20)
    assert nearest_neighbours(train, labels, train, 5, [200], temperature=0.1)[0].shape == (20, 5)


def test_top_k_by_hand() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    labels = torch.tensor([1, 2])
    assert top_k(logits, labels, 1) == 50
    assert top_k(logits, labels, 2) == 100
    assert top_k(logits, labels, 5) == 100


def test_evaluation_changes_nothing_in_the_encoder() -> None:
    data = random_dataset()
    trained = pretrain(small_config(), data, device="cpu")
    before, mode = encoder_hash(trained.encoder), trained.encoder.training
    metrics = evaluate(Frozen(l2_count=3), trained, data).metrics
    assert encoder_hash(trained.encoder) == before
    assert trained.encoder.training == mode
    assert set(metrics) == {f"linear_eval/{name}" for name in ("top1", "top5", "l2", "validation")} | {"knn/top1"}
    assert metrics["linear_eval/top5"] == 100


def test_features_do_not_depend_on_the_batch() -> None:
    data = random_dataset()
    trained = pretrain(small_config(), data, device="cpu")
    whole = extract(trained.encoder, data.test.images, trained.numerics, torch.device("cpu"))
    alone = extract(trained.encoder, data.test.images[:1], trained.numerics, torch.device("cpu"))
    assert torch.allclose(whole[:1], alone, atol=1e-5)


def test_standardisation_uses_the_training_set_alone() -> None:
    (x, _), (other, _) = clusters(100), clusters(50, seed=1)
    train, test = standardise(x, other + 100)
    assert train.mean(dim=0).abs().max() < 1e-5
    assert torch.allclose(train.std(dim=0), torch.ones(20), atol=1e-4)
    assert test.mean() > 10


def test_a_feature_that_never_varies_in_training_decides_nothing() -> None:
    """Divided by almost 0, a unit that is dead in training would be 300,000 where it fires."""
    (x, _), (other, _) = clusters(100), clusters(50, seed=1)
    x[:, 3], other[:, 3] = 0.0, 0.3
    train, test = standardise(x, other)
    assert not train[:, 3].any()
    assert not test[:, 3].any()
    assert torch.equal(train[:, 4], standardise(x[:, 4:5])[0][:, 0])


@pytest.mark.parametrize(
    ("representation", "width"),
    [("stage1", 8), ("stage3", 32), ("stage4", 64), ("h", 64), (1, 64), (2, 16), ("z", 16)],
)
def test_what_is_scored_can_be_any_stage_and_any_layer_of_the_head(
    representation: str | int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = random_dataset()
    pretrained = pretrain(small_config(epochs=0), data)
    seen: list[Tensor] = []

    def standardise_and_look(*features: Tensor) -> Any:
        seen.extend(features)
        return standardise(*features)

    monkeypatch.setattr(module, "standardise", standardise_and_look)
    evaluate(Frozen.model_validate({"representation": representation, "l2_count": 1}), pretrained, data)
    x = data.train.images[:4].float() / 255
    encoder: Any = pretrained.encoder.eval()
    layers = list(pretrained.head.eval())
    if str(representation).startswith("stage"):
        x = encoder.maxpool(encoder.relu(encoder.bn1(encoder.conv1(x))))
        for number in range(1, int(str(representation)[-1]) + 1):
            x = getattr(encoder, f"layer{number}")(x)
        expected = x.flatten(2).mean(dim=2)
    else:
        expected = encoder(x)
        for layer in layers[: {"h": 0, 1: 1, 2: 2, "z": 2}[representation]]:
            expected = layer(expected)
    assert torch.allclose(seen[-2][:4], expected, atol=1e-2)
    assert {features.shape[1] for features in seen} == {width}


def test_a_layer_that_the_head_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="layer 3 of the head, which has 2"):
        TrainConfig.model_validate({"evaluate": {"representation": 3}})


def test_a_stage_is_refused_where_it_makes_no_sense() -> None:
    refused = {"protocol": "classifier", "representation": "stage2"}
    with pytest.raises(ValidationError, match="stage2, and protocol classifier scores no stage; take h"):
        TrainConfig.model_validate({"pretrain": {"loss": {"kind": "cross_entropy"}}, "evaluate": refused})
    with pytest.raises(ValidationError, match="stage"):
        TrainConfig.model_validate({"evaluate": {"representation": "stage5"}})


def test_one_pass_serves_several_evaluations_and_changes_none() -> None:
    data = random_dataset()
    pretrained = pretrain(small_config(), data, device="cpu")
    representations = ["stage1", "stage3", "h", 1, "z"]
    passes: list[int] = []
    encoder: Any = pretrained.encoder
    hook = encoder.conv1.register_forward_hook(lambda *_: passes.append(1))
    configs = [Frozen.model_validate({"representation": each, "l2_count": 2}) for each in representations]
    apart = [evaluate(config, pretrained, data).metrics for config in configs]
    assert len(passes) == 2 * len(configs)  # of the training and of the test images
    passes.clear()
    together = [
        evaluate(config, pretrained, data, later=representations[number + 1 :]).metrics  # type: ignore[arg-type]
        for number, config in enumerate(configs)
    ]
    hook.remove()
    assert len(passes) == 2
    assert together == apart


def test_what_was_kept_for_other_images_is_not_taken_for_these() -> None:
    one, other = random_dataset(), random_dataset(train=80, test=30)
    pretrained = pretrain(small_config(), one, device="cpu")
    config = Frozen(l2_count=2)
    alone = evaluate(config, pretrained, other).metrics
    evaluate(Frozen(l2_count=2, representation="stage1"), pretrained, one, later=["h"])
    assert evaluate(config, pretrained, other).metrics == alone


@pytest.mark.parametrize("k", [1, 7])
def test_neighbours_by_distance_are_scikit_learns(k: int) -> None:
    (x, y), (test_x, test_y) = clusters(200), clusters(300, seed=1)
    (votes,) = nearest_neighbours(x, y, test_x, 5, [k], temperature=0.1, distance="euclidean")
    oracle = KNeighborsClassifier(k).fit(x.numpy(), y.numpy())
    shares = torch.from_numpy(oracle.predict_proba(test_x.numpy()))
    assert torch.allclose(votes.double() / k, shares)
    cosine = nearest_neighbours(x, y, test_x, 5, [k], temperature=0.1)[0]
    assert not torch.equal(votes.argmax(dim=1), cosine.argmax(dim=1))
    assert len(test_y) == len(votes)


def test_several_k_at_once_are_each_alone() -> None:
    data = Dataset("coloured", ("a", "b", "c", "d"), coloured(60, 0), coloured(40, 1))
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    found = evaluate(Frozen(l2_count=1, neighbors=(5, 1, 20)), pretrained, data).metrics
    alone = {k: evaluate(Frozen(l2_count=1, neighbors=k), pretrained, data).metrics["knn/top1"] for k in (1, 5, 20)}
    assert {k: found[f"knn/top1_at_{k}"] for k in (1, 5, 20)} == alone
    assert found["knn/top1"] == alone[5]


def test_fine_tuning_from_a_stage_trains_the_network_up_to_it() -> None:
    data = random_dataset()
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    network = network_on(pretrained, "stage2", 4).train()
    train(network, data.train, Recipe(0.1, 16, 3), pretrained)
    before, after = pretrained.encoder.state_dict(), next(network.body.children()).encoder.state_dict()  # type: ignore[union-attr]
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"conv1", "bn1", "layer1", "layer2"}
    assert network.classifier.in_features == 16

"""DeepCluster and its second version: k-means, whitening, the classifier that is new, the memory, and both losses."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from core import DataError, TrainConfig
from core.methods.k_means import evenness, k_means, whitened
from core.pretraining.trainer import EpochStart
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config


def made(kind: str = "deepcluster", **settings: object) -> Training:
    loss = {"kind": kind, "clusters": 6, "rounds": 3, **settings}
    return Training(small_config(loss=loss), random_dataset(), "cpu")


def start_of(made: Training) -> EpochStart:
    return EpochStart(made.encoder, made.images, made.optimizer, made.numerics, made.share, made.device)


def random(*shape: int, name: str = "points") -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(0, name))


def draws() -> torch.Generator:
    return generator(0, "centres")


def by_loops(points: np.ndarray, clusters: int, rounds: int, spherical: bool) -> tuple[np.ndarray, list[int]]:
    """Lloyd's algorithm, without empty clusters."""
    chosen = torch.randperm(len(points), generator=draws())[:clusters]
    centres = [points[number] for number in chosen]

    def nearest(point: np.ndarray) -> int:
        return int(np.argmin([((point - centre) ** 2).sum() for centre in centres]))

    for _ in range(rounds):
        numbers = [nearest(point) for point in points]
        for number in range(clusters):
            centre = np.mean([point for point, own in zip(points, numbers, strict=True) if own == number], axis=0)
            centres[number] = centre / math.sqrt((centre**2).sum()) if spherical else centre
    return np.stack(centres), [nearest(point) for point in points]


@pytest.mark.parametrize("spherical", [False, True])
@pytest.mark.parametrize("table", [2**24, 20])
def test_k_means_is_lloyds(spherical: bool, table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.methods.k_means.TABLE", table)
    points = F.normalize(random(40, 3), dim=1)
    found = k_means(points, 4, 5, draws(), spherical)
    centres, numbers = by_loops(points.numpy(), 4, 5, spherical)
    np.testing.assert_allclose(found.centres.numpy(), centres, atol=1e-2 if not spherical else 1e-12)
    assert found.numbers.tolist() == numbers
    assert found.sizes.tolist() == [numbers.count(number) for number in range(4)]


def test_an_empty_cluster_takes_half_of_the_largest() -> None:
    """Ten points in each of two places, and both first centres in one of them."""
    points = torch.cat([torch.zeros(10, 2), torch.full((10, 2), 5.0) + random(10, 2).float() / 10])
    both_in_one = next(
        seeded for seeded in (generator(seed, "centres") for seed in range(99)) if _first(seeded, 20) < {*range(10)}
    )
    found = k_means(points, 2, 6, both_in_one)
    assert sorted(found.sizes.tolist()) == [10, 10]


def _first(seeded: torch.Generator, count: int) -> set[int]:
    state = seeded.get_state()
    chosen = set(torch.randperm(count, generator=seeded)[:2].tolist())
    seeded.set_state(state)
    return chosen


def test_an_empty_cluster_on_the_sphere_keeps_its_centre() -> None:
    points = torch.tensor([[1.0, 0.0]]).repeat(5, 1)
    found = k_means(points, 3, 4, draws(), spherical=True)
    assert found.sizes.tolist() == [5, 0, 0]
    assert torch.equal(found.centres, points[:3])


@pytest.mark.parametrize("components", [3, 50])
def test_features_are_whitened_and_normalised(components: int) -> None:
    features = random(60, 8) @ random(8, 8, name="mixed") + 3
    found = whitened(features, components)
    kept = min(components, 8)
    centred = features.numpy() - features.numpy().mean(axis=0)
    left, _, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :kept] / np.sqrt((left[:, :kept] ** 2).sum(axis=1, keepdims=True))
    np.testing.assert_allclose((found @ found.T).numpy(), expected @ expected.T, atol=1e-9)  # whatever their signs


def test_directions_without_variance_are_not_blown_up() -> None:
    features = random(60, 4)
    doubled = torch.cat([features, features + 1e-9 * random(60, 4, name="rounding")], dim=1)
    torch.testing.assert_close(
        whitened(doubled, 8) @ whitened(doubled, 8).T, whitened(features, 4) @ whitened(features, 4).T
    )


def test_evenness_is_one_for_equal_clusters_and_smallest_for_one_alone() -> None:
    assert evenness(torch.tensor([5.0, 5.0])).item() == pytest.approx(1)
    assert evenness(torch.tensor([10.0, 0.0, 0.0, 0.0])).item() == pytest.approx(1 / 4)


@pytest.mark.parametrize("uniform", [True, False])
def test_the_loss_counts_every_cluster_the_same(uniform: bool) -> None:
    training = made(uniform=uniform)
    method = training.method.double()
    training.method.before_epoch(0, start_of(training))
    numbers = method.clusters.tolist()  # type: ignore[operator]
    logits, batch = random(16, 6), training.batches[0]
    total, right = 0.0, 0
    for row, image in zip(logits, batch.numbers.tolist(), strict=True):
        own = numbers[image]
        weight = 64 / (len(set(numbers)) * numbers.count(own)) if uniform else 1.0
        total -= weight * math.log(F.softmax(row, dim=0)[own].item())
        right += int(row.argmax()) == own
    outcome = method.loss(logits.requires_grad_(), None, batch)
    assert outcome.loss.item() == pytest.approx(total / 16, rel=1e-9)
    assert outcome.statistics["cluster_top1"].item() == pytest.approx(right / 16)
    assert torch.autograd.gradcheck(lambda each: method.loss(each, None, batch).loss, logits)
    if uniform:
        assert sum(64 / (len(set(numbers)) * numbers.count(own)) for own in numbers) == pytest.approx(64)


def test_the_classifier_and_its_momentum_are_new_with_the_clusters() -> None:
    training = made(epochs_between=2)
    head = list(training.method.head.parameters())
    for _ in range(4):
        training.advance()
    learned, clusters = head[0].detach().clone(), training.method.clusters.clone()  # type: ignore[operator]
    training.method.before_epoch(1, start_of(training))
    assert torch.equal(head[0], learned)
    assert all(parameter in training.optimizer.state for parameter in head)
    training.method.before_epoch(2, start_of(training))
    assert torch.equal(head[0], 0.01 * torch.randn(head[0].shape, generator=generator(0, "classifier", 2)))
    assert not head[1].any()
    assert not any(parameter in training.optimizer.state for parameter in head)
    assert not torch.equal(training.method.clusters, clusters)  # type: ignore[arg-type]


def test_lars_does_not_adapt_the_classifier() -> None:
    training = made(classifier_rate=0.5)
    weight = training.method.head.get_parameter("0.weight")
    (group,) = (group for group in training.optimizer.param_groups if group["params"][0] is weight)
    assert (group["rate"], group["adapt"]) == (0.5, False)


def test_the_second_version_tells_the_clusters_of_both_views_in_every_clustering() -> None:
    training = made("deepcluster_v2", clusterings=2, temperature=0.3)
    training.method.before_epoch(0, start_of(training))
    method = training.method.double()
    outputs, batch = random(32, 16), training.batches[0]
    total = 0.0
    for row, z in enumerate(F.normalize(outputs, dim=1)):
        for clusters, centres in zip(method.clusters, method.centres, strict=True):  # type: ignore[arg-type]
            logits = torch.stack([z @ centre for centre in centres]) / 0.3
            total -= logits.log_softmax(dim=0)[clusters[batch.numbers[row % 16]]].item()
    outcome = method.loss(outputs.requires_grad_(), None, batch)
    assert outcome.loss.item() == pytest.approx(total / 64, rel=1e-9)
    assert torch.autograd.gradcheck(lambda each: method.loss(each, None, batch).loss, outputs)


def test_the_second_versions_memory_has_the_latest_projections_of_each_view() -> None:
    training = made("deepcluster_v2")
    outputs: list[Tensor] = []
    after_step = training.method.after_step
    training.method.after_step = lambda *step: outputs.append(step[1]) or after_step(*step)  # type: ignore[method-assign, func-returns-value]
    whole = F.normalize(start_of(training).features(training.method.head), dim=1)
    expected = torch.stack([whole, whole])
    for step in range(3):
        numbers = training.batches[step].numbers
        training.advance()
        expected[:, numbers] = F.normalize(outputs[-1], dim=1).view(2, 16, -1)
        torch.testing.assert_close(training.method.memory, expected)
    training.method.before_epoch(1, start_of(training))
    for number in range(3):
        found = k_means(expected[number % 2], 6, 3, generator(0, f"clustering {number}", 1), spherical=True)
        assert torch.equal(training.method.clusters[number], found.numbers)  # type: ignore[index]
        torch.testing.assert_close(training.method.centres[number], found.centres)  # type: ignore[index]
    assert not training.method.centres.requires_grad


@pytest.mark.parametrize("kind", ["deepcluster", "deepcluster_v2"])
def test_more_clusters_than_images_are_refused(kind: str) -> None:
    with pytest.raises(DataError, match=r"loss\.clusters is 65, but there are 64 training images to cluster; lower it"):
        made(kind, clusters=65)


def test_the_classifiers_logits_are_no_representation() -> None:
    config = small_config(loss={"kind": "deepcluster", "clusters": 6})
    with pytest.raises(ValidationError, match=r"loss\.kind deepcluster trains no projection; take h"):
        TrainConfig.model_validate({"pretrain": config, "evaluate": {"representation": "z"}})

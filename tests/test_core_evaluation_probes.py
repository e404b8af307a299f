"""Retrieval, eigenvalues and t-SNE, of features and matrices that are known; and what all probes leave alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from core import DataError, EvaluateConfig, PretrainConfig, Pretrained, TrainConfig, encoder_hash, evaluate, pretrain
from core.config import (
    ResNet,
    Retrieval,
    Spectrum,
    TransformationProbe,
    Tsne,
)
from core.data.dataset import Dataset, Split
from core.encoder.build import build_encoder
from core.evaluation.protocols.spectrum import effective_rank, squared_real_eigenvalues
from core.evaluation.protocols.tsne import choose_images
from core.randomness import generator
from helpers import knowing, pixels, random_dataset, small_config

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return pretrain(small_config(epochs=0), random_dataset(), device="cpu")


# Retrieval


def coloured(count: int, seed: int) -> Split:
    """Four classes by their colours, with some confusion; the last two images have no label."""
    labels = torch.arange(count) % 4
    labels[-2:] = -1
    colours = torch.tensor([[200, 40, 40], [40, 200, 40], [40, 40, 200], [200, 170, 40]])
    spread = torch.randint(0, 120, (count, 3, 1, 1), generator=generator(seed, "spread"))
    return Split(((colours[labels][:, :, None, None] + spread) % 256).expand(-1, -1, 8, 8).to(torch.uint8), labels)


COLOURED = Dataset("coloured", ("a", "b", "c", "d"), coloured(50, seed=0), coloured(30, seed=1))


def mean_colour(view: Tensor) -> Tensor:
    return view.mean(dim=(2, 3))


def test_neighbours_are_those_of_a_loop(pretrained: Pretrained) -> None:
    scores = evaluate(Retrieval(neighbors=7, queries=8), knowing(pretrained, mean_colour), COLOURED)
    train, test = COLOURED.train[slice(48)], COLOURED.test[slice(28)]
    keys, queries = (mean_colour(pixels(split) / 255) for split in (train, test))
    nearest, right = [], []
    for query, label in zip(queries, test.labels, strict=True):
        cosine = [float(F.cosine_similarity(query, key, dim=0)) for key in keys]
        nearest.append(sorted(range(48), key=lambda number: -cosine[number])[:7])
        right.append([bool(train.labels[number] == label) for number in nearest[-1]])
    assert set(scores.metrics) == {"retrieval/precision_at_1", "retrieval/precision_at_7"}
    assert scores.metrics["retrieval/precision_at_1"] == pytest.approx(100 * np.mean([row[0] for row in right]))
    assert scores.metrics["retrieval/precision_at_7"] == pytest.approx(100 * np.mean(right))
    assert 30 < scores.metrics["retrieval/precision_at_7"] < 99
    for row, image in enumerate(scores.arrays["retrieval/queries"]):
        (number,) = [n for n, other in enumerate(pixels(test)) if torch.equal(other, image)]
        assert scores.arrays["retrieval/query_labels"][row] == test.labels[number]
        assert torch.equal(scores.arrays["retrieval/neighbors"][row], pixels(train)[nearest[number]])
        assert torch.equal(scores.arrays["retrieval/neighbor_labels"][row], train.labels[nearest[number]])
        expected = F.cosine_similarity(queries[number], keys[nearest[number]])
        assert torch.allclose(scores.arrays["retrieval/similarities"][row], expected, atol=1e-6)


def test_every_class_asks_as_often(pretrained: Pretrained) -> None:
    pictures = [
        evaluate(Retrieval(neighbors=2, queries=8, seed=seed), knowing(pretrained, mean_colour), COLOURED).arrays
        for seed in (0, 0, 1)
    ]
    assert pictures[0]["retrieval/query_labels"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert pictures[0]["retrieval/neighbors"].shape == (8, 2, 3, 8, 8)
    assert torch.equal(pictures[0]["retrieval/queries"], pictures[1]["retrieval/queries"])
    assert not torch.equal(pictures[0]["retrieval/queries"], pictures[2]["retrieval/queries"])
    everything = evaluate(Retrieval(neighbors=2, queries=1000), knowing(pretrained, mean_colour), COLOURED)
    assert len(everything.arrays["retrieval/queries"]) == 28


def test_more_neighbours_than_images_are_refused(pretrained: Pretrained) -> None:
    with pytest.raises(DataError, match="neighbors is 49, but coloured has 48 training images with a label"):
        evaluate(Retrieval(neighbors=49), knowing(pretrained, mean_colour), COLOURED)


# Eigenvalues


def test_eigenvalues_are_those_a_matrix_was_made_of() -> None:
    """A pair 3 +- 2i, which has the real part 3 twice, then -5, 0.5 and 0.1; the basis is not orthogonal, so the
    squared singular values are others."""
    blocks = torch.block_diag(torch.tensor([[3.0, -2.0], [2.0, 3.0]]), torch.diag(torch.tensor([0.5, -5.0, 0.1])))
    basis = torch.randn(5, 5, generator=generator(0, "basis"), dtype=torch.float64)
    matrix = basis @ blocks.double() @ basis.inverse()
    assert squared_real_eigenvalues(matrix).tolist() == pytest.approx([25, 9, 9, 0.25, 0.01])
    assert torch.linalg.svdvals(matrix).square()[0] > 26


def test_an_effective_rank_by_hand() -> None:
    assert effective_rank(torch.ones(7)) == pytest.approx(7)
    assert effective_rank(torch.tensor([3.0, 3.0, 0.0, 0.0])) == pytest.approx(2)
    assert effective_rank(torch.tensor([16.0, 0.0, 0.0])) == pytest.approx(1)


def test_the_spectrum_is_that_of_the_linear_head() -> None:
    trained = pretrain(small_config(head={"kind": "linear", "output": 64}), random_dataset(), device="cpu")
    scores = evaluate(Spectrum(), trained, random_dataset())
    weight = trained.head.state_dict()["0.0.weight"].double().numpy()
    expected = np.sort(np.linalg.eigvals(weight).real ** 2)[::-1]
    assert np.allclose(scores.arrays["spectrum/eigenvalues"].numpy(), expected, atol=1e-9)
    assert scores.metrics["spectrum/largest_tenth"] == pytest.approx(100 * expected[:6].sum() / expected.sum())
    assert 1 < scores.metrics["spectrum/effective_rank"] < 64


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"head": {"kind": "linear", "output": 16}},
        {"head": {"kind": "none", "output": 64}},
        {"head": {"kind": "linear", "output": 64}, "loss": {"kind": "cross_entropy"}},
    ],
)
def test_a_head_without_a_spectrum_is_refused(change: dict[str, object], pretrained: Pretrained) -> None:
    config: PretrainConfig = small_config(**change)
    with pytest.raises(ValidationError, match=r"head\.kind linear and head\.output 64, the width of h"):
        TrainConfig.model_validate({"pretrain": config, "evaluate": {"protocol": "spectrum"}})
    with pytest.raises(ValueError, match="spectrum"):
        evaluate(Spectrum(), replace(pretrained, config=config), random_dataset())


@pytest.mark.parametrize("name", ["resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"])
def test_the_width_of_h_is_known_beforehand(name: str) -> None:
    for width in (0.125, 0.3, 2.0):
        config = ResNet.model_validate({"name": name, "width": width})
        with torch.device("meta"):
            assert build_encoder(config, 32).width == config.output
    assert ResNet().output == 2048


# t-SNE


def test_images_are_drawn_by_class() -> None:
    labels = torch.arange(1200) % 15
    labels[labels == 3] = 4
    labels[:3] = torch.tensor([14, 14, 3])
    chosen = choose_images(labels, Tsne(classes=14, images=50))
    assert len(chosen.unique()) == len(chosen)
    counts = labels[chosen].bincount(minlength=15)
    assert (counts > 0).sum() == 14
    assert set(counts.tolist()) - {0} <= {1, 50}
    assert torch.equal(chosen, choose_images(labels, Tsne(classes=14, images=50)))
    others = choose_images(labels, Tsne(classes=14, images=50, seed=1))
    assert not torch.equal(chosen.sort().values, others.sort().values)
    drawn = {tuple(labels[choose_images(labels, Tsne(classes=3, seed=seed))].unique().tolist()) for seed in range(5)}
    assert len(drawn) > 1


def silhouette(points: Tensor, labels: Tensor) -> float:
    """Rousseeuw (1987): (b - a) / max(a, b) of mean distances, a to one's own class, b to the nearest other one."""
    values = []
    for number, label in enumerate(labels.tolist()):
        distance = [(float((points[number] - other).norm()), int(of)) for other, of in zip(points, labels, strict=True)]
        own = [d for place, (d, of) in enumerate(distance) if of == label and place != number]
        others = {of: np.mean([d for d, o in distance if o == of]) for _, of in distance if of != label}
        a, b = np.mean(own), min(others.values())
        values.append((b - a) / max(a, b))
    return float(np.mean(values))


def test_the_embedding_and_its_score(pretrained: Pretrained) -> None:
    """Colours that tell the classes apart, without the confusion of the retrieval."""
    train, test = (split[split.labels >= 0] for split in (coloured(50, 0), coloured(80, 1)))
    data = replace(COLOURED, train=train, test=test)
    config = Tsne(images=15, perplexity=5)
    scores = evaluate(config, knowing(pretrained, mean_colour), data)
    embedding, labels = scores.arrays["tsne/embedding"], scores.arrays["tsne/labels"]
    assert (embedding.shape, embedding.dtype) == ((60, 2), torch.float32)
    assert labels.bincount().tolist() == [15] * 4
    assert scores.metrics["tsne/silhouette"] == pytest.approx(silhouette(embedding, labels), abs=1e-4)
    points = mean_colour(test.images[choose_images(test.labels, config)] / 255)
    expected = silhouette(points, labels)
    assert scores.metrics["tsne/silhouette_representation"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("config", "classes", "message"),
    [
        (Tsne(images=7), 4, "perplexity is 30, but t-SNE has 28 test images of random"),
        (Tsne(images=40), 1, "40 test images of 1 classes"),
        (Tsne(images=1, perplexity=1), 4, r"4 test images of 4 classes.*raise evaluate\.images"),
    ],
)
def test_too_few_images_are_refused(config: Tsne, classes: int, message: str, pretrained: Pretrained) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(config, pretrained, random_dataset(classes=classes))


# All of them


@pytest.mark.parametrize(
    "config",
    [TransformationProbe(epochs=1), Retrieval(), Spectrum(), Tsne(perplexity=5)],
    ids=lambda config: config.protocol,
)
def test_nothing_but_the_scores_is_changed_and_they_are_repeated(config: EvaluateConfig) -> None:
    data = random_dataset()
    trained = pretrain(small_config(head={"kind": "linear", "output": 64}), data, device="cpu")
    before = (encoder_hash(trained.encoder), trained.encoder.training, torch.get_rng_state().tolist())
    head = {name: value.clone() for name, value in trained.head.state_dict().items()}
    scores, again = (evaluate(config, trained, data) for _ in range(2))
    assert (encoder_hash(trained.encoder), trained.encoder.training, torch.get_rng_state().tolist()) == before
    assert all(torch.equal(head[name], value) for name, value in trained.head.state_dict().items())
    assert scores.metrics == again.metrics
    assert all(name.startswith(f"{config.protocol}/") for name in (*scores.metrics, *scores.arrays))
    for name, array in scores.arrays.items():
        assert array.device == CPU
        assert torch.equal(array, again.arrays[name])


def test_studies_reach_the_protocols_by_name() -> None:
    for protocol, kind in {"transformation": TransformationProbe, "retrieval": Retrieval, "tsne": Tsne}.items():
        assert type(TrainConfig.model_validate({"evaluate": {"protocol": protocol}}).evaluate) is kind
    config = TrainConfig.model_validate(
        {"evaluate": {"protocol": "transformation", "task": "sobel", "optimizer": {"learning_rate": 0.1}}}
    )
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config

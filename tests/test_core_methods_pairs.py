"""SimSiam, BYOL, Barlow Twins and VICReg: their losses, and what keeps z from collapsing."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from core import Collapsed
from core.encoder.target import Target
from core.loss.unit import spread
from core.methods.barlow_twins import correlations, from_identity
from core.methods.byol import regression, rising
from core.methods.simsiam import negative_cosine
from core.methods.vicreg import deviation, redundancy
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config

Numbers = np.ndarray


def made(**loss: object) -> Training:
    return Training(small_config(loss=loss), random_dataset(), "cpu")


def random(rows: int, width: int, name: str) -> Tensor:
    return torch.randn(rows, width, dtype=torch.float64, generator=generator(0, name))


def four() -> list[Tensor]:
    """p1, z1, p2 and z2, each (6, 5)."""
    return [random(6, 5, name).requires_grad_() for name in ("p1", "z1", "p2", "z2")]


def cosine(a: Numbers, b: Numbers) -> float:
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return float(product) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def mean_cosine(p: Tensor, z: Tensor) -> float:
    return sum(cosine(a, b) for a, b in zip(p.detach().numpy(), z.detach().numpy(), strict=True)) / len(p)


def test_simsiam_is_minus_the_cosine_of_predictions_and_the_other_views_projections() -> None:
    training, (p1, z1, p2, z2) = made(kind="simsiam"), four()
    outcome = training.method.loss(((p1, z1), (p2, z2)), None, training.batches[0])
    assert outcome.loss.item() == pytest.approx(-(mean_cosine(p1, z2) + mean_cosine(p2, z1)) / 2, rel=1e-12)
    outcome.loss.backward()
    assert p1.grad is not None
    assert p2.grad is not None
    assert p1.grad.any()
    assert z1.grad is None
    assert z2.grad is None
    assert torch.autograd.gradcheck(lambda p: negative_cosine(p, z1.detach()), p1)


def test_simsiam_without_a_stop_gradient_moves_both() -> None:
    training, (p1, z1, p2, z2) = made(kind="simsiam", stop_gradient=False), four()
    training.method.loss(((p1, z1), (p2, z2)), None, training.batches[0]).loss.backward()
    assert all(each.grad is not None and each.grad.any() for each in (p1, z1, p2, z2))


def test_simsiams_predictor_has_a_constant_rate() -> None:
    for constant in (True, False):
        training = made(kind="simsiam", constant_rate=constant)
        own = {id(w) for w in training.method.predictor.parameters()}  # type: ignore[union-attr]
        assert len(own) == 5
        for _ in range(6):
            training.advance()
        for group in training.optimizer.param_groups:
            decays = not (constant and own & set(map(id, group["params"])))
            assert group["lr"] == (training.rate(5) if decays else training.rate.peak)


@pytest.mark.parametrize("kind", ["simsiam", "byol"])
def test_without_a_predictor_the_projection_is_its_own_prediction(kind: str) -> None:
    training = made(kind=kind, predictor=False)
    h = torch.randn(8, 64, generator=generator(0, "h"))
    p, z = training.method.project((h,))[0]
    assert torch.equal(p, z)
    training.advance()


def test_byol_is_the_squared_distance_of_normalised_predictions_and_targets() -> None:
    training, (p1, z1, p2, z2) = made(kind="byol"), four()
    known = random(6, 5, "known 1"), random(6, 5, "known 2")
    outcome = training.method.loss(((p1, z1), (p2, z2)), known, training.batches[0])
    assert outcome.loss.item() == pytest.approx(4 - 2 * mean_cosine(p1, known[1]) - 2 * mean_cosine(p2, known[0]))
    outcome.loss.backward()
    assert p1.grad is not None
    assert z1.grad is None
    assert torch.autograd.gradcheck(lambda p: regression(p, known[1]), p1)


def test_byols_target_follows_with_a_momentum_that_rises_on_a_cosine() -> None:
    training = made(kind="byol", momentum=0.6, hidden=8)
    target = training.method.target
    assert isinstance(target, Target)
    assert not any(weight.requires_grad for weight in target.parameters())
    trained = [*training.encoder.parameters(), *training.method.head.parameters()]
    expected = [weight.detach().clone() for weight in trained]
    for step in range(5):
        training.advance()
        momentum = 1 - 0.4 * (math.cos(math.pi * step / 12) + 1) / 2
        expected = [momentum * old + (1 - momentum) * new.detach() for old, new in zip(expected, trained, strict=True)]
    for found, wanted in zip(target.parameters(), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    assert all(weight.grad is None for weight in target.parameters())
    assert not torch.equal(target.encoder.bn1.running_mean, training.encoder.bn1.running_mean)  # type: ignore[union-attr, arg-type]
    assert (rising(0.996, 0), rising(0.996, 1), rising(0, 0)) == (0.996, 1, 0)


def test_a_target_without_momentum_is_the_trained_encoder() -> None:
    training = made(kind="byol", momentum=0, hidden=8)
    training.advance()
    for kept, trained in zip(training.method.target.encoder.parameters(), training.encoder.parameters(), strict=True):  # type: ignore[union-attr]
        torch.testing.assert_close(kept, trained, rtol=0, atol=1e-7)


def test_barlow_twins_correlates_every_feature_of_one_view_with_every_one_of_the_other() -> None:
    z1, z2 = random(9, 4, "z1"), random(9, 4, "z2") * 3 + 1
    expected = 0.0
    for i in range(4):
        for j in range(4):
            correlation = np.corrcoef(z1[:, i].numpy(), z2[:, j].numpy())[0, 1]
            expected += (1 - correlation) ** 2 if i == j else 0.25 * correlation**2
    assert from_identity(correlations(z1, z2), 0.25).item() == pytest.approx(expected, rel=1e-4)  # eps is 1e-5
    z1.requires_grad_()
    z2.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: from_identity(correlations(a, b), 0.25), (z1, z2))


def test_barlow_twins_is_zero_where_features_agree_and_are_not_redundant() -> None:
    z = torch.tensor([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=torch.float64) * 100
    assert from_identity(correlations(z, z), 1.0).item() == pytest.approx(0, abs=1e-9)
    training = made(kind="barlow_twins", scale=0.1, off_diagonal=2.0)
    a, b = random(6, 4, "a"), random(6, 4, "b")
    outcome = training.method.loss((a, b), None, training.batches[0])
    assert outcome.loss.item() == pytest.approx(0.1 * from_identity(correlations(a, b), 2.0).item())
    assert outcome.statistics["correlation"].item() == pytest.approx(correlations(a, b).diagonal().mean().item())


def test_barlow_twins_vectors_have_a_rate_of_their_own() -> None:
    training = made(kind="barlow_twins", vector_rate=0.5)
    rates = {
        weight.ndim > 1: group.get("rate", 1.0)
        for group in training.optimizer.param_groups
        for weight in group["params"]
    }
    assert rates == {True: 1.0, False: 0.5}


def test_vicreg_is_invariance_variance_and_covariance() -> None:
    training = made(kind="vicreg", invariance=3.0, variance=5.0, covariance=7.0)
    z1, z2 = random(9, 4, "z1") * 0.5, random(9, 4, "z2") * 0.7
    n, d = z1.shape
    invariance = sum((z1[i, j] - z2[i, j]).item() ** 2 for i in range(n) for j in range(d)) / (n * d)
    variance = covariance = 0.0
    for z in (z1.numpy(), z2.numpy()):
        matrix = np.cov(z.T)  # by n - 1
        for i in range(d):
            variance += max(0.0, 1 - math.sqrt(matrix[i, i] + 1e-4)) / (2 * d)
            covariance += sum(matrix[i, j] ** 2 for j in range(d) if j != i) / d
    outcome = training.method.loss((z1, z2), None, training.batches[0])
    assert outcome.loss.item() == pytest.approx(3 * invariance + 5 * variance + 7 * covariance, rel=1e-12)
    assert outcome.statistics["deviation"].item() == pytest.approx(
        (deviation(z1).mean() + deviation(z2).mean()).item() / 2
    )
    assert torch.autograd.gradcheck(lambda z: redundancy(z) + deviation(z).sum(), z1.requires_grad_())


def test_the_spread_is_one_on_the_sphere_and_zero_in_a_collapse() -> None:
    assert spread(random(4000, 32, "sphere")).item() == pytest.approx(1, abs=0.01)
    assert spread(torch.ones(7, 5) * torch.arange(1, 8)[:, None]).item() == pytest.approx(0, abs=1e-6)
    z = random(50, 6, "z").numpy()
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    assert spread(torch.from_numpy(z)).item() == pytest.approx(math.sqrt(6) * z.std(axis=0).mean())


def test_a_collapse_is_seen_in_the_history() -> None:
    """Without predictor and stop-gradient, nothing keeps the views apart: the loss is all but perfect."""
    training = Training(
        small_config(
            loss={"kind": "simsiam", "predictor": False, "stop_gradient": False},
            head={"kind": "linear", "output": 8, "last_norm": "none"},
            optimizer={"kind": "sgd", "learning_rate": 4.0, "weight_decay": 0.0},
            schedule={"warmup_epochs": 0},
            epochs=6,
            end_on_collapse=False,
        ),
        random_dataset(),
        "cpu",
    )
    while not training.finished:
        training.advance()
        if training.at_epoch_end:
            training.end_epoch()
    first, last = training.history[0].metrics, training.history[-1].metrics
    assert last["loss"] < -0.99
    assert last["spread"] < 0.1 < 0.2 < first["spread"]


@pytest.mark.parametrize("kind", ["simsiam", "triplet"])
def test_an_epoch_of_one_projection_ends_the_training_unless_it_is_to_go_on(kind: str) -> None:
    loss = {"kind": "simsiam", "stop_gradient": False} if kind == "simsiam" else {"kind": kind}
    for spread_of_epoch, ends in ((0.0101, True), (0.0099, True), (0.0099, False)):
        training = Training(small_config(loss=loss, end_on_collapse=ends), random_dataset(), "cpu")
        training.advance()
        place = [measure.name for measure in training.config.loss.measures].index("spread")
        training.statistics[:, 1 + place] = spread_of_epoch
        if spread_of_epoch > 0.01 or not ends:
            assert training.end_epoch().metrics["spread"] == pytest.approx(spread_of_epoch)
            continue
        with pytest.raises(Collapsed, match=rf"loss.kind {kind} has collapsed; try .*end_on_collapse: false") as found:
            training.end_epoch()
        assert ("loss.stop_gradient: true" in str(found.value)) == (kind == "simsiam")

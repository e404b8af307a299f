"""The losses against Table 2 and equation 1 written out, and the traps that others fell into."""

import itertools
import math
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.config import Margin, NtLogistic, NtXent
from core.config.methods.contrastive import Hadsell, Triplet
from core.loss import tiles
from core.loss.contrast import contrast
from core.loss.nt_xent import nt_xent
from core.loss.triplets import margin, nt_logistic, triplet
from core.randomness import generator

Loss = NtXent | NtLogistic | Margin | Hadsell | Triplet


def projections(batch: int = 6, width: int = 5, seed: int = 0) -> Tensor:
    return torch.randn(2 * batch, width, generator=generator(seed, "z"), dtype=torch.float64)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def anchors(z: Tensor, config: Loss) -> Iterator[tuple[float, list[float]]]:
    """Similarity of each view to its positive and to each of its negatives, one pair of views at a time: the dot
    product, or minus the squared distance."""
    z = F.normalize(z, dim=1) if config.normalize else z
    n = len(z) // 2

    def similarity(i: int, k: int) -> float:
        if config.by_distance:
            return -math.fsum((a - b) ** 2 for a, b in zip(z[i].tolist(), z[k].tolist(), strict=True))
        return float(z[i] @ z[k])

    for i in range(2 * n):
        negatives = [
            similarity(i, k)
            for k in range(2 * n)
            if k % n != i % n and (config.negatives == "both_views" or (k < n) != (i < n))
        ]
        yield similarity(i, (i + n) % (2 * n)), negatives


def mined(positive: float, negatives: list[float]) -> list[float]:
    """The hardest of those easier than the positive, else the easiest."""
    easier = [negative for negative in negatives if negative < positive]
    return [max(easier) if easier else min(negatives)]


def written_out(z: Tensor, config: Loss) -> float:
    costs = []
    for positive, negatives in anchors(z, config):
        if isinstance(config, NtXent):
            others = [math.exp((s - positive) / config.temperature) for s in negatives]
            costs.append(math.log(1 + sum(others)))
            continue
        if isinstance(config, Hadsell):
            repulsion = [max(config.margin - math.sqrt(-s), 0) ** 2 / 2 for s in negatives]
            costs.append(-positive / 2 + sum(repulsion) / len(repulsion))
            continue
        chosen = mined(positive, negatives) if config.semi_hard else negatives
        if isinstance(config, NtLogistic):
            tau = config.temperature
            cost = [-math.log(sigmoid(positive / tau)) - math.log(sigmoid(-s / tau)) for s in chosen]
        else:
            cost = [max(s - positive + config.margin, 0) for s in chosen]
        costs.append(sum(cost) / len(cost))
    return sum(costs) / len(costs)


LOSSES: list[Loss] = [
    NtXent.model_validate({"temperature": tau, "normalize": normalize, "negatives": negatives})
    for tau, normalize, negatives in itertools.product([0.05, 0.5, 1.0], [True, False], ["both_views", "one_view"])
]
for normalize, negatives, semi_hard in itertools.product([True, False], ["both_views", "one_view"], [True, False]):
    options = {"normalize": normalize, "negatives": negatives, "semi_hard": semi_hard}
    LOSSES.append(NtLogistic.model_validate({"temperature": 0.5} | options))
    LOSSES += [Margin.model_validate({"margin": m} | options) for m in (0.0, 0.4, 1.6)]
    LOSSES.append(Triplet.model_validate({"margin": 0.8} | options))
    if not semi_hard:
        LOSSES.append(Hadsell.model_validate({"margin": 2.0, "normalize": normalize, "negatives": negatives}))


def name(config: Loss) -> str:
    return ",".join(str(value) for value in config.model_dump().values())


@pytest.mark.parametrize("config", LOSSES, ids=name)
def test_loss_is_the_papers(config: Loss) -> None:
    assert contrast(projections(), config).loss.item() == pytest.approx(written_out(projections(), config), rel=1e-9)


@pytest.mark.parametrize("config", LOSSES, ids=name)
def test_gradient_is_right(config: Loss) -> None:
    z = projections(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: contrast(z, config).loss, z)


def table_2(loss: str, positive: float, negative: float, tau: float, m: float) -> tuple[float, float]:
    """The factors of v+ and v- in Table 2's gradient with respect to u, negated: the loss is minimised here."""
    if loss == "nt_xent":
        partition = math.exp(positive / tau) + math.exp(negative / tau)
        return -(1 - math.exp(positive / tau) / partition) / tau, math.exp(negative / tau) / partition / tau
    if loss == "nt_logistic":
        return -sigmoid(-positive / tau) / tau, sigmoid(negative / tau) / tau
    return (-1.0, 1.0) if positive - negative < m else (0.0, 0.0)


@pytest.mark.parametrize("loss", ["nt_xent", "nt_logistic", "margin"])
@pytest.mark.parametrize("seed", range(4))
def test_gradients_of_table_2(loss: str, seed: int) -> None:
    """Two images and negatives of one view leave each view one negative. The first view is an anchor in its own
    triplet, the positive in its positive's, and the negative in its negative's."""
    tau, m = 0.5, 0.4
    z = F.normalize(projections(2, 3, seed), dim=1).requires_grad_()
    compute = {
        "nt_xent": lambda: nt_xent(z, tau, one_view=True),
        "nt_logistic": lambda: nt_logistic(z, tau, one_view=True),
        "margin": lambda: margin(z, m, one_view=True),
    }
    (gradient,) = torch.autograd.grad(compute[loss](), z)
    similarity = (z @ z.T).tolist()
    pairs = {row: ((row + 2) % 4, (3 - row)) for row in range(4)}
    parts = {row: table_2(loss, similarity[row][p], similarity[row][n], tau, m) for row, (p, n) in pairs.items()}
    expected = (parts[0][0] + parts[2][0]) * z[2] + (parts[0][1] + parts[3][1]) * z[3]
    assert torch.allclose(gradient[0], expected / 4, atol=1e-12)


@pytest.mark.parametrize("negatives", ["both_views", "one_view"])
def test_tiles_change_neither_loss_nor_gradient_nor_statistics(negatives: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In float32, against the whole matrix at once in plain operations."""
    config = NtXent.model_validate({"negatives": negatives})
    z = projections(37, 16).float().requires_grad_()
    rows = F.normalize(z, dim=1)
    logits = rows @ rows.T / config.temperature
    branch = torch.arange(74) // 37
    out = torch.eye(74, dtype=torch.bool) if negatives == "both_views" else branch[:, None] == branch
    whole = F.cross_entropy(logits.masked_fill(out, float("-inf")), (torch.arange(74) + 37) % 74)
    (expected,) = torch.autograd.grad(whole, z)
    results = []
    for size in (2**24, 74 * 10, 1):
        monkeypatch.setattr(tiles, "TILE", size)
        result = contrast(z, config)
        (gradient,) = torch.autograd.grad(result.loss, z)
        assert result.loss.item() == pytest.approx(whole.item(), rel=1e-5)
        assert torch.allclose(gradient, expected, rtol=1e-4, atol=1e-6)
        results.append(torch.stack(list(result.statistics.values())))
    assert torch.allclose(results[0], results[1])
    assert torch.allclose(results[0], results[2])


def test_a_triplet_on_the_sphere_is_a_margin_of_half() -> None:
    z = F.normalize(projections(), dim=1)
    assert triplet(z, 0.6).item() == pytest.approx(2 * margin(z, 0.3, semi_hard=True).item())


def test_contrastive_accuracy_is_by_distance_where_the_loss_is() -> None:
    """The pair (1, 0), (1, 0.1) is near, and the long third view has the larger dot product."""
    z = torch.tensor([[1, 0], [0, 1], [1, 0.1], [9, 1]], dtype=torch.float64)
    found = [contrast(z, config).statistics for config in (Hadsell(), Margin(normalize=False))]
    assert [each["contrastive_top1"].item() for each in found] == [0.5, 0.5]
    z[1] = torch.tensor([8, 1])
    found = [contrast(z, config).statistics for config in (Hadsell(), Margin(normalize=False))]
    assert [each["contrastive_top1"].item() for each in found] == [1.0, 0.5]
    assert "spread" in found[0]
    assert "spread" not in found[1]


def test_views_in_one_place_have_a_finite_gradient() -> None:
    z = torch.ones(6, 3, requires_grad=True)
    contrast(z, Hadsell()).loss.backward()
    assert torch.equal(z.grad, torch.zeros(6, 3))  # type: ignore[arg-type]


def test_tiles_cover_every_row_once_and_no_two_branches() -> None:
    for batch in (1, 7, 4096, 5000):
        found = tiles.tiles(batch, 2 * batch)
        covered = [(branch, row) for branch, rows in found for row in range(rows.start, rows.stop)]
        assert covered == [(row // batch, row) for row in range(2 * batch)]


def test_order_of_the_images_and_of_the_branches_does_not_matter() -> None:
    z, config = projections(), NtXent()
    expected = contrast(z, config).loss
    order = torch.randperm(6, generator=generator(0, "order"))
    assert contrast(torch.cat([z[:6][order], z[6:][order]]), config).loss.item() == pytest.approx(expected.item())
    assert contrast(torch.cat([z[6:], z[:6]]), config).loss.item() == pytest.approx(expected.item())


def test_positives_are_found() -> None:
    """Masks built for another order of the views would leave the loss at ln(2N - 1)."""
    z = torch.eye(8).repeat(2, 1)
    assert contrast(z, NtXent(temperature=0.05)).loss < 1e-6
    interleaved = torch.eye(8).repeat_interleave(2, dim=0)
    assert contrast(interleaved, NtXent(temperature=0.05)).loss > 5


def test_indistinguishable_views_cost_ln_of_the_candidates() -> None:
    result = contrast(torch.ones(16, 4), NtXent())
    assert result.loss.item() == pytest.approx(math.log(15), rel=1e-6)
    assert result.statistics["entropy"].item() == pytest.approx(math.log(8), rel=1e-6)
    assert contrast(torch.ones(16, 4), NtXent(negatives="one_view")).loss.item() == pytest.approx(math.log(8), rel=1e-6)


@pytest.mark.parametrize("temperature", [1e-3, 1e-2])
def test_small_temperatures_do_not_overflow(temperature: float) -> None:
    z = projections().float().requires_grad_()
    loss = contrast(z, NtXent(temperature=temperature)).loss
    loss.backward()
    assert loss.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_entropy_and_accuracy_are_over_the_other_branch() -> None:
    """Table 5 counts each view of the first branch against the N of the second, not the 2N - 1."""
    z = F.normalize(projections(), dim=1)
    logits = z[:6] @ z[6:].T / 0.1
    entropies = torch.distributions.Categorical(logits=logits).entropy()
    result = contrast(projections(), NtXent(temperature=0.1))
    assert result.statistics["entropy"].item() == pytest.approx(entropies.mean().item(), rel=1e-4)
    assert result.statistics["contrastive_top1"].item() == pytest.approx(
        (logits.argmax(1) == torch.arange(6)).double().mean().item()
    )


def test_a_collapsed_representation_scores_chance_not_100_percent() -> None:
    assert contrast(torch.ones(16, 4), NtXent()).statistics["contrastive_top1"] == pytest.approx(1 / 8)


def test_a_lower_precision_is_raised_to_float32() -> None:
    assert contrast(projections().bfloat16(), NtXent()).loss.dtype == torch.float32

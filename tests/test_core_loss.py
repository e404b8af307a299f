"""NT-Xent against equation 1 written out, and the traps that others fell into."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.config import LossConfig
from core.loss import nt_xent
from core.randomness import generator


def projections(batch: int = 6, width: int = 5, seed: int = 0) -> Tensor:
    return torch.randn(2 * batch, width, generator=generator(seed, "z"), dtype=torch.float64)


def written_out(z: Tensor, temperature: float, normalize: bool) -> float:
    """Equation 1 and algorithm 1, one pair of views at a time."""
    n = len(z) // 2
    z = F.normalize(z.double(), dim=1) if normalize else z.double()
    total = 0.0
    for i in range(2 * n):
        j = (i + n) % (2 * n)
        similarity = [float(z[i] @ z[k]) / temperature for k in range(2 * n)]
        others = sum(math.exp(similarity[k] - similarity[j]) for k in range(2 * n) if k != i)
        total += math.log(others)
    return total / (2 * n)


@pytest.mark.parametrize("temperature", [0.05, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("normalize", [True, False])
def test_loss_is_equation_1(temperature: float, normalize: bool) -> None:
    loss = nt_xent(projections(), LossConfig(temperature=temperature, normalize=normalize)).loss
    assert loss.item() == pytest.approx(written_out(projections(), temperature, normalize), rel=1e-5)


def test_gradient_is_right() -> None:
    z = projections(3, 4).requires_grad_()

    def in_double(z: Tensor) -> Tensor:
        z = F.normalize(z, dim=1)
        logits = (z @ z.T / 0.5).masked_fill(torch.eye(6, dtype=torch.bool), float("-inf"))
        return F.cross_entropy(logits, (torch.arange(6) + 3) % 6)

    assert torch.autograd.gradcheck(in_double, z)
    (ours,) = torch.autograd.grad(nt_xent(z, LossConfig(temperature=0.5)).loss, z)
    (theirs,) = torch.autograd.grad(in_double(z), z)
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_order_of_the_images_and_of_the_branches_does_not_matter() -> None:
    z, config = projections(), LossConfig()
    expected = nt_xent(z, config).loss
    order = torch.randperm(6, generator=generator(0, "order"))
    assert nt_xent(torch.cat([z[:6][order], z[6:][order]]), config).loss.item() == pytest.approx(expected.item())
    assert nt_xent(torch.cat([z[6:], z[:6]]), config).loss.item() == pytest.approx(expected.item())


def test_positives_are_found() -> None:
    """Masks built for another order of the views would leave the loss at ln(2N - 1)."""
    z = torch.eye(8).repeat(2, 1)
    assert nt_xent(z, LossConfig(temperature=0.05)).loss < 1e-6
    interleaved = torch.eye(8).repeat_interleave(2, dim=0)
    assert nt_xent(interleaved, LossConfig(temperature=0.05)).loss > 5


def test_indistinguishable_views_cost_ln_of_the_candidates() -> None:
    contrast = nt_xent(torch.ones(16, 4), LossConfig())
    assert contrast.loss.item() == pytest.approx(math.log(15), rel=1e-6)
    assert contrast.entropy.item() == pytest.approx(math.log(8), rel=1e-6)


@pytest.mark.parametrize("temperature", [1e-3, 1e-2])
def test_small_temperatures_do_not_overflow(temperature: float) -> None:
    z = projections().float().requires_grad_()
    loss = nt_xent(z, LossConfig(temperature=temperature)).loss
    loss.backward()
    assert loss.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_entropy_and_accuracy_are_over_the_other_branch() -> None:
    """Table 5 counts each view of the first branch against the N of the second, not the 2N - 1."""
    z = F.normalize(projections(), dim=1)
    logits = z[:6] @ z[6:].T / 0.1
    entropies = torch.distributions.Categorical(logits=logits).entropy()
    contrast = nt_xent(projections(), LossConfig(temperature=0.1))
    assert contrast.entropy.item() == pytest.approx(entropies.mean().item(), rel=1e-4)
    assert contrast.top1.item() == pytest.approx((logits.argmax(1) == torch.arange(6)).double().mean().item())


def test_a_collapsed_representation_scores_chance_not_100_percent() -> None:
    assert nt_xent(torch.ones(16, 4), LossConfig()).top1 == pytest.approx(1 / 8)

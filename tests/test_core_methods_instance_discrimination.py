"""Instance discrimination: noise-contrastive estimation, the softmax over all images, and the memory."""

import math

import pytest
import torch
from torch import Tensor

from core import DataError
from core.methods.instance_discrimination import noise_contrastive
from core.methods.method import Progress
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config


def made(images: int = 64, **loss: object) -> Training:
    settings = {"kind": "instance_discrimination", "negatives": 0, **loss}
    return Training(small_config(loss=settings), random_dataset(train=images), "cpu")


def random(*shape: int, name: str = "z") -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(0, name))


def dot(a: Tensor, b: Tensor) -> float:
    return math.fsum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True))


def test_noise_contrastive_estimation_is_the_released_codes() -> None:
    """P(model) = p / (p + m / n) for an image's own entry, P(noise) = (m / n) / (p + m / n) for each drawn one."""
    p = random(5, 4, name="p").exp() / 9
    noise = 3 / 50
    rows = [
        -math.log(own / (own + noise)) - sum(math.log(noise / (each + noise)) for each in drawn)
        for own, *drawn in p.tolist()
    ]
    log_p = p.log().requires_grad_()
    assert noise_contrastive(log_p, 50).item() == pytest.approx(sum(rows) / 5, rel=1e-12)
    assert torch.autograd.gradcheck(lambda logits: noise_contrastive(logits, 50), log_p)


@pytest.mark.parametrize("step", [0, 7])
def test_an_image_is_told_from_those_that_are_drawn(step: int) -> None:
    """The normaliser is the mean of the first step's exponentials, times the number of images, and is then kept."""
    training = made(negatives=6, temperature=0.3, proximal=0.5)
    method, batch = training.method.double(), training.batches[0]
    method.progress = Progress(step, 12, 4)
    z = random(16, 16)
    outcome = method.loss(z, None, batch)
    drawn = method.drawn(batch)  # type: ignore[operator]
    assert drawn.shape == (16, 7)
    assert torch.equal(drawn[:, 0], batch.numbers)
    memory, unit = method.get_buffer("memory"), z / z.norm(dim=1, keepdim=True)
    exponentials = [[math.exp(dot(unit[row], memory[j]) / 0.3) for j in drawn[row].tolist()] for row in range(16)]
    mean = sum(map(sum, exponentials)) / (16 * 7)
    normaliser = 64 * mean if step == 0 else 1.0
    nce = proximal = 0.0
    for row, (own, *others) in enumerate(exponentials):
        p = own / normaliser
        nce -= math.log(p / (p + 6 / 64)) / 16
        nce -= sum(math.log(6 / 64 / (each / normaliser + 6 / 64)) for each in others) / 16
        proximal += math.fsum(((unit[row] - memory[batch.numbers[row]]) ** 2).tolist()) / 16
    assert outcome.loss.item() == pytest.approx(nce + 0.5 * proximal, rel=1e-9)


def test_the_normaliser_follows_with_the_momentum_that_is_asked() -> None:
    training = made(negatives=6, temperature=0.3, normaliser_momentum=0.75)
    method, batch = training.method.double(), training.batches[0]
    expected = 0.0
    for step in range(3):
        method.progress = Progress(step, 12, 4)
        z = random(16, 16, name=f"z {step}")
        method.loss(z, None, batch)
        memory, unit = method.get_buffer("memory"), z / z.norm(dim=1, keepdim=True)
        entries = memory[method.drawn(batch)]  # type: ignore[operator]
        estimate = 64 * (torch.einsum("bd,bmd->bm", unit, entries) / 0.3).exp().mean().item()
        expected = 0.75 * expected + 0.25 * estimate if step else estimate
        assert method.get_buffer("log_normaliser").exp().item() == pytest.approx(expected, rel=1e-9)


def test_draws_are_of_all_images_and_new_in_each_step() -> None:
    method, batch = made(negatives=60).method, made().batches[0]
    draws = []
    for step in range(2):
        method.progress = Progress(step, 12, 4)
        draws.append(method.drawn(batch)[:, 1:])  # type: ignore[operator]
    assert not torch.equal(*draws)
    assert len(torch.cat(draws).unique()) == 64


def test_an_image_is_told_from_all_others_in_a_softmax() -> None:
    training = made(temperature=0.3)
    method, batch, z = training.method.double(), training.batches[0], random(16, 16).requires_grad_()
    outcome = method.loss(z, None, batch)
    memory, unit = method.get_buffer("memory"), z.detach() / z.detach().norm(dim=1, keepdim=True)
    losses, hits = [], []
    for row, number in enumerate(batch.numbers.tolist()):
        logits = [dot(unit[row], entry) / 0.3 for entry in memory]
        losses.append(math.log(sum(map(math.exp, logits))) - logits[number])
        hits.append(logits[number] == max(logits))
    assert outcome.loss.item() == pytest.approx(sum(losses) / 16, rel=1e-9)
    assert outcome.statistics["memory_top1"].item() == pytest.approx(sum(hits) / 16)
    assert torch.autograd.gradcheck(lambda each: method.loss(each, None, batch).loss, z)


def test_entries_move_to_the_projections_of_their_images() -> None:
    training = made(momentum=0.25)
    expected = training.method.get_buffer("memory").clone()
    assert expected.square().sum(dim=1).mean().item() == pytest.approx(1, abs=0.1)
    after_step = training.method.after_step
    seen: list[tuple[Tensor, Tensor]] = []
    training.method.after_step = (  # type: ignore[method-assign]
        lambda *step: seen.append((step[1], step[3].numbers)) or after_step(*step)  # type: ignore[func-returns-value]
    )
    for _ in range(5):
        training.advance()
        outputs, numbers = seen[-1]
        for z, number in zip(outputs, numbers.tolist(), strict=True):
            entry = 0.25 * expected[number] + 0.75 * z / z.norm()
            expected[number] = entry / entry.norm()
    torch.testing.assert_close(training.method.get_buffer("memory"), expected)


def test_more_negatives_than_images_are_refused() -> None:
    with pytest.raises(DataError, match=r"loss\.negatives is 64, but there are 64 training images .* take 0"):
        made(negatives=64)
    made(negatives=63)

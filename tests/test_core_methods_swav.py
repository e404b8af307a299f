"""SwAV: codes, the swapped prediction, the queue, frozen prototypes and small crops."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from core import DataError
from core.config import CustomAugment, SimclrAugment
from core.config.operations import Crop
from core.methods.method import Progress
from core.methods.swav import sinkhorn, with_area
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config


def made(**loss: object) -> Training:
    settings = {"kind": "swav", "prototypes": 12, "frozen_epochs": 0, **loss}
    return Training(small_config(loss=settings), random_dataset(), "cpu")


def random(*shape: int, name: str = "z") -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(0, name))


def codes_of(scores: np.ndarray, epsilon: float, iterations: int) -> np.ndarray:
    """As in the paper: Q (K, B) from exp(scores / epsilon), whose rows get 1 / K and columns 1 / B in turn."""
    q = np.exp(scores.T / epsilon)
    q /= q.sum()
    prototypes, views = q.shape
    for _ in range(iterations):
        for k in range(prototypes):
            q[k] *= 1 / prototypes / q[k].sum()
        for b in range(views):
            q[:, b] *= 1 / views / q[:, b].sum()
    codes: np.ndarray = (q * views).T
    return codes


@pytest.mark.parametrize("iterations", [1, 3])
def test_codes_are_sinkhorns(iterations: int) -> None:
    scores = random(10, 4) / 3
    codes = sinkhorn(scores, 0.2, iterations)
    np.testing.assert_allclose(codes.numpy(), codes_of(scores.numpy(), 0.2, iterations), rtol=1e-9)


def test_codes_of_a_small_epsilon_are_numbers() -> None:
    """exp(-2 / 0.01) is 0 in single precision, and so was all of the last prototype's column."""
    scores = torch.cat([random(10, 3) / 9 + 0.6, torch.full((10, 1), -0.9, dtype=torch.float64)], dim=1)
    expected = codes_of(scores.numpy(), 0.01, 3)
    np.testing.assert_allclose(sinkhorn(scores.float(), 0.01, 3).numpy(), expected, rtol=0, atol=1e-4)


def test_codes_share_the_prototypes_evenly_even_where_all_scores_are_one_sided() -> None:
    scores = random(40, 4) / 10 + torch.tensor([0.5, 0, 0, 0], dtype=torch.float64)
    codes = sinkhorn(scores, 0.1, 50)
    torch.testing.assert_close(codes.sum(dim=1), torch.ones(40, dtype=torch.float64))
    torch.testing.assert_close(codes.sum(dim=0), torch.full((4,), 10, dtype=torch.float64), rtol=1e-3, atol=0)


@pytest.mark.parametrize("small", [0, 2])
def test_each_view_predicts_the_codes_of_the_large_others(small: int) -> None:
    training = made(small_crops=small, small_size=8)
    weight = training.method.prototypes.weight.detach().double()  # type: ignore[union-attr, operator]
    training.method.double()
    outputs = random((2 + small) * 16, 16).requires_grad_()
    outcome = training.method.loss(outputs, None, training.batches[0])
    z = outputs.detach().numpy().reshape(2 + small, 16, 16)
    scores = z / np.linalg.norm(z, axis=2, keepdims=True) @ weight.numpy().T
    expected = []
    for large in range(2):
        codes = codes_of(scores[large], 0.05, 3)
        for view in range(2 + small):
            if view != large:
                log_p = scores[view] / 0.1
                log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
                expected.append(-(codes * log_p).sum(axis=1).mean())
    assert outcome.loss.item() == pytest.approx(np.mean(expected), rel=1e-9)
    outcome.loss.backward()
    assert outputs.grad is not None
    assert outputs.grad.any()
    assert training.method.prototypes.weight.grad.any()  # type: ignore[union-attr, operator]


def test_prototypes_stay_on_the_sphere_and_are_frozen_at_first() -> None:
    training = made(frozen_epochs=0.5)
    weight = training.method.prototypes.weight  # type: ignore[union-attr]
    moved = []
    for _ in range(4):
        before = weight.clone()  # type: ignore[operator]
        training.advance()
        moved.append(not torch.allclose(weight, before, rtol=0, atol=1e-6))  # type: ignore[arg-type]
        torch.testing.assert_close(weight.norm(dim=1), torch.ones(12))  # type: ignore[operator]
    assert moved == [False, False, True, True]


def test_the_queue_is_filled_from_its_epoch_and_used_once_it_is_full() -> None:
    training = made(queue=24, queue_epoch=1)
    method = training.method
    scores, filled, used = random(16, 12).float() / 3, [], []
    for step in range(8):
        method.progress = Progress(step, 12, 4)
        together = torch.cat([scores, method.queue[1] @ method.prototypes.weight.T])  # type: ignore[index, union-attr, operator]
        expected = codes_of(together.detach().double().numpy(), 0.05, 3)[:16]
        used.append(np.allclose(method.codes(1, scores), expected, atol=1e-5))  # type: ignore[operator]
        training.advance()
        filled.append(int(method.queue[0].any(dim=1).sum()))  # type: ignore[index]
    assert filled == [0, 0, 0, 0, 16, 24, 24, 24]
    assert used == [False] * 6 + [True] * 2


def test_the_queue_holds_the_latest_projections_of_both_large_views() -> None:
    training = made(queue=24, queue_epoch=0)
    ring, written = torch.zeros(2, 24, 16), 0
    after_step = training.method.after_step
    outputs: list[Tensor] = []
    training.method.after_step = lambda *step: outputs.append(step[1]) or after_step(*step)  # type: ignore[method-assign, func-returns-value]
    for _ in range(3):
        training.advance()
        for number in range(16):
            for view in range(2):
                z = outputs[-1][view * 16 + number]
                ring[view, written % 24] = z / z.norm()
            written += 1
        torch.testing.assert_close(training.method.queue, ring)


def test_small_crops_cover_less_and_are_otherwise_alike() -> None:
    zoomed, policy = with_area(SimclrAugment(), (0.05, 0.14)).branches(), SimclrAugment().branches()
    assert zoomed.both[0] == Crop(area=(0.05, 0.14))
    assert zoomed.both[1:] == policy.both[1:]
    assert with_area(CustomAugment(first=(Crop(),)), (0.1, 0.2)).first == (Crop(area=(0.1, 0.2)),)
    training = made(small_crops=3, small_size=8)
    large, small = training.method.views(training.batches[0], generator(0, "augmentation")).trained
    assert (large.shape, small.shape) == ((32, 3, 16, 16), (48, 3, 8, 8))
    assert not torch.equal(small[:16], small[16:32])


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"queue": 8}, r"loss\.queue is 8, but a batch has 16 images; take as many or more, or 0 for none"),
        ({"small_crops": 1, "small_size": 16}, r"loss\.small_size is 16, but large views have data\.image_size 16"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        small_config(loss={"kind": "swav", **settings})


def test_more_prototypes_than_images_are_refused() -> None:
    with pytest.raises(DataError, match=r"loss\.prototypes is 65, but there are 64 training images"):
        made(prototypes=65)

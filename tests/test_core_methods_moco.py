"""MoCo: the look-up, the queue, the key encoder, and batch norm that is shuffled. MoCo v3: the look-up in a batch."""

import math

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from core import DataError
from core.encoder.target import Target
from core.methods.moco import look_up
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config


def made(**loss: object) -> Training:
    return Training(small_config(loss={"kind": "moco", "queue": 40, **loss}), random_dataset(), "cpu")


def on_the_sphere(rows: int, name: str) -> Tensor:
    z = torch.randn(rows, 5, dtype=torch.float64, generator=generator(0, name))
    normalised: Tensor = z / z.norm(dim=1, keepdim=True)
    return normalised


def test_a_query_looks_its_key_up_among_those_of_the_queue() -> None:
    queries, keys, queue = on_the_sphere(6, "q"), on_the_sphere(6, "k"), on_the_sphere(9, "queue")
    losses, hits = [], []
    for query, key in zip(queries.tolist(), keys.tolist(), strict=True):
        candidates = [key, *queue.tolist()]
        similar = [sum(a * b for a, b in zip(query, each, strict=True)) / 0.3 for each in candidates]
        losses.append(-similar[0] + math.log(sum(math.exp(each) for each in similar)))
        hits.append(similar[0] == max(similar))
    found = look_up(queries, keys, queue, 0.3)
    assert found.loss.item() == pytest.approx(sum(losses) / 6, rel=1e-12)
    assert found.top1.item() == pytest.approx(sum(hits) / 6)
    assert torch.autograd.gradcheck(lambda q: look_up(q, keys, queue, 0.3).loss, queries.requires_grad_())


def looked_up(query: list[float], candidates: list[list[float]], own: int, tau: float) -> float:
    similar = [sum(a * b for a, b in zip(query, each, strict=True)) / tau for each in candidates]
    return -similar[own] + math.log(sum(math.exp(each) for each in similar))


def test_keys_of_other_images_in_the_batch_are_negatives_where_asked() -> None:
    queries, keys, queue = on_the_sphere(6, "q"), on_the_sphere(6, "k"), on_the_sphere(9, "queue")
    candidates = [*keys.tolist(), *queue.tolist()]
    losses = [looked_up(query, candidates, row, 0.3) for row, query in enumerate(queries.tolist())]
    assert look_up(queries, keys, queue, 0.3, among_batch=True).loss.item() == pytest.approx(sum(losses) / 6, rel=1e-12)
    assert "batch_negatives" not in small_config(loss={"kind": "moco", "queue": 40}).model_dump()["loss"]
    training = made(symmetric=True, batch_negatives=True)
    training.method.queue = queue
    outcome = training.method.loss((queries, queries), (keys, keys), training.batches[0])
    expected = [looked_up(query, candidates, row, 0.2) for row, query in enumerate(queries.tolist())]
    assert outcome.loss.item() == pytest.approx(sum(expected) / 6, rel=1e-12)


def test_moco_v3_looks_each_prediction_up_among_the_keys_of_the_other_view() -> None:
    training = Training(small_config(loss={"kind": "moco_v3", "temperature": 0.4}), random_dataset(), "cpu")
    p1, z1, p2, z2 = (on_the_sphere(6, name).mul_(2).requires_grad_() for name in ("p1", "z1", "p2", "z2"))
    known = on_the_sphere(6, "k1") * 3, on_the_sphere(6, "k2")
    outcome = training.method.loss(((p1, z1), (p2, z2)), known, training.batches[0])
    expected = 0.0
    for predictions, keys in ((p1, known[1]), (p2, known[0])):
        candidates = (keys / keys.norm(dim=1, keepdim=True)).tolist()
        rows = (predictions.detach() / 2).tolist()
        expected += 2 * 0.4 * sum(looked_up(query, candidates, row, 0.4) for row, query in enumerate(rows)) / 6
    assert outcome.loss.item() == pytest.approx(expected, rel=1e-12)
    outcome.loss.backward()
    assert p1.grad is not None
    assert p1.grad.any()
    assert z1.grad is None
    assert torch.autograd.gradcheck(
        lambda p: training.method.loss(((p, z1), (p2, z2)), known, training.batches[0]).loss, p1
    )


def test_moco_v3s_key_encoder_follows_with_a_momentum_that_rises_on_a_cosine() -> None:
    config = small_config(loss={"kind": "moco_v3", "hidden": 8, "momentum": 0.6})
    training = Training(config, random_dataset(), "cpu")
    trained = [*training.encoder.parameters(), *training.method.head.parameters()]
    expected = [weight.detach().clone() for weight in trained]
    for step in range(3):
        training.advance()
        momentum = 1 - 0.4 * (math.cos(math.pi * step / 12) + 1) / 2
        expected = [momentum * old + (1 - momentum) * new.detach() for old, new in zip(expected, trained, strict=True)]
    for found, wanted in zip(training.method.target.parameters(), expected, strict=True):  # type: ignore[union-attr]
        torch.testing.assert_close(found, wanted)


def test_each_view_is_asked_for_the_key_of_the_other() -> None:
    training = made(symmetric=True)
    outputs = on_the_sphere(16, "1"), on_the_sphere(16, "2")
    known = on_the_sphere(16, "key 1"), on_the_sphere(16, "key 2")
    queue = on_the_sphere(40, "queue")
    training.method.queue = queue
    loss = training.method.loss(outputs, known, training.batches[0]).loss
    parts = [look_up(outputs[0], known[1], queue, 0.2).loss, look_up(outputs[1], known[0], queue, 0.2).loss]
    assert loss.item() == pytest.approx(sum(parts).item() / 2)  # type: ignore[union-attr]


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_queue_holds_the_latest_keys_in_a_ring(symmetric: bool) -> None:
    training = made(symmetric=symmetric)
    ring, written = training.method.queue.clone(), 0  # type: ignore[operator]
    torch.testing.assert_close(ring.norm(dim=1), torch.ones(40))
    seen: list[Tensor] = []
    after_step = training.method.after_step
    training.method.after_step = lambda *step: seen.extend(step[2]) or after_step(*step)  # type: ignore[method-assign, func-returns-value]
    for _ in range(5):
        training.advance()
    assert len(seen) == (10 if symmetric else 5)
    for key in torch.cat(seen):
        ring[written % 40] = key
        written += 1
    assert torch.equal(training.method.queue, ring)  # type: ignore[arg-type]
    assert int(training.method.written) == written == (160 if symmetric else 80)  # type: ignore[arg-type]


def test_the_key_encoder_follows_and_has_no_gradient() -> None:
    training = made(momentum=0.7)
    target = training.method.target
    assert isinstance(target, Target)
    trained = [*training.encoder.parameters(), *training.method.head.parameters()]
    expected = [weight.detach().clone() for weight in trained]
    for _ in range(4):
        training.advance()
        expected = [0.7 * old + 0.3 * new.detach() for old, new in zip(expected, trained, strict=True)]
    for found, wanted in zip(target.parameters(), expected, strict=True):
        torch.testing.assert_close(found, wanted)
        assert found.grad is None
    assert not training.method.queue.requires_grad
    statistics = target.encoder.bn1.running_mean, training.encoder.bn1.running_mean  # type: ignore[union-attr]
    assert not torch.equal(*statistics)  # type: ignore[arg-type]


def test_a_queue_that_cannot_hold_a_batchs_keys_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"loss\.queue is 31, but a batch has 32 keys; take 32 or more"):
        small_config(loss={"kind": "moco", "queue": 31, "symmetric": True})
    small_config(loss={"kind": "moco", "queue": 16})


def test_a_queue_with_older_keys_of_the_images_at_hand_is_refused() -> None:
    with pytest.raises(DataError, match=r"loss\.queue is 49, but the 64 training images without a batch of 16 have 48"):
        made(queue=49)
    made(queue=48)
    made(queue=96, symmetric=True)


def test_the_first_version_is_a_head_and_a_temperature() -> None:
    head = {"kind": "linear", "output": 16, "last_norm": "none"}
    config = small_config(loss={"kind": "moco", "queue": 40, "temperature": 0.07}, head=head)
    training = Training(config, random_dataset(), "cpu")
    training.advance()
    assert [type(part).__name__ for part in training.method.head[0].children()] == ["Linear"]

"""Self-training and distillation: the loss as the paper writes it, steps by hand, and what each network learns from."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ablations.store.speeds import evaluation_work
from core import DataError, Pretrained, TrainConfig, encoder_hash, evaluate, pretrain
from core.config import AdamW, Distill, FineTune, ResNet, Sgd, Student
from core.data.dataset import Dataset, Split
from core.evaluation.distillation import build_student, distillation_loss, distilled, labelled_loss
from core.evaluation.network import Network
from core.evaluation.protocols import distill
from core.randomness import generator
from helpers import MeanColour, coloured, random_dataset, small_config

DATA = Dataset("coloured", ("a", "b", "c", "d"), coloured(64, seed=0), coloured(40, seed=1))
RATE = Sgd(learning_rate=2.0, weight_decay=0.0)
QUICK = Distill(epochs=12, batch_size=16, learning_rate=8.0, student_epochs=8, student_batch_size=16, optimizer=RATE)


@pytest.fixture(scope="module")
def trained() -> Pretrained:
    return pretrain(small_config(epochs=1, schedule={"warmup_epochs": 0.5}), DATA, device="cpu")


def logits(seed: int, rows: int = 5) -> torch.Tensor:
    return torch.randn(rows, 3, generator=generator(seed, "logits"), dtype=torch.float64)


def softmax(row: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0])
def test_the_loss_is_equation_3_and_its_gradient_is_the_difference_of_the_softmaxes(temperature: float) -> None:
    """-sum_y P^T(y; tau) log P^S(y; tau), times tau^2; by a logit its derivative is tau (P^S - P^T)."""
    student, teacher = logits(0).requires_grad_(), logits(1)
    loss = distillation_loss(student, teacher, temperature)
    loss.backward()
    own, wanted = (
        [softmax([value / temperature for value in row]) for row in each.tolist()] for each in (student, teacher)
    )
    total = -sum(q * math.log(p) for ps, qs in zip(own, wanted, strict=True) for p, q in zip(ps, qs, strict=True))
    assert loss.item() == pytest.approx(temperature**2 * total / 5)
    expected = temperature * (np.array(own) - np.array(wanted)) / 5
    assert student.grad is not None
    assert np.allclose(student.grad.numpy(), expected, atol=1e-9)


def test_the_labels_are_the_first_term_of_equation_4() -> None:
    student, labels = logits(0), [2, -1, 0, -1, -1]
    known = [-math.log(softmax(row)[label]) for row, label in zip(student.tolist(), labels, strict=True) if label >= 0]
    assert labelled_loss(student, torch.tensor(labels)).item() == pytest.approx(sum(known) / 5)
    assert labelled_loss(student, torch.full((5,), -1)) == 0


def linear_network(pretrained: Pretrained, seed: int) -> Network:
    network = Network(MeanColour(), nn.Linear(3, 3), pretrained.numerics)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator(seed, "weights")))
    return network


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_the_steps_of_a_student_by_hand(alpha: float, trained: Pretrained) -> None:
    colours = torch.tensor([[250, 10, 30], [20, 200, 90], [40, 80, 160], [0, 255, 70]], dtype=torch.uint8)
    split = Split(colours[:, :, None, None].expand(4, 3, 16, 16).contiguous(), torch.tensor([0, -1, 2, -1]))
    teacher, student = linear_network(trained, 0), linear_network(trained, 1)
    start = [weight.detach().double().numpy().copy() for weight in student.parameters()]
    fixed = [weight.detach().double().numpy().copy() for weight in teacher.parameters()]
    sgd = Sgd(learning_rate=64.0, momentum=0.5, weight_decay=0.01)  # 1 for a batch of 4
    config = Distill(alpha=alpha, student_epochs=5, student_batch_size=4, optimizer=sgd)
    distilled(teacher, student, split, config, 2.0, trained)

    def p(w: Any, b: Any, tau: float) -> Any:
        powers = np.exp((x @ w.T + b) / tau)
        return powers / powers.sum(axis=1, keepdims=True)

    x, (w, b), (v, u) = colours.double().numpy() / 255, start, (np.zeros((3, 3)), np.zeros(3))
    known = np.array([[1.0], [0.0], [1.0], [0.0]])
    targets = np.eye(3)[[0, 1, 2, 1]]
    for step in range(5):
        rate = (1 + math.cos(math.pi * step / 5)) / 2
        wanted, own = p(fixed[0], fixed[1], 2.0), p(w, b, 1.0)
        error = alpha * 2.0 * (p(w, b, 2.0) - wanted) + (1 - alpha) * known * (own - targets)
        v, u = 0.5 * v + (error / 4).T @ x + 0.01 * w, 0.5 * u + (error / 4).sum(axis=0)
        w, b = w - rate * v, b - rate * u
    assert np.allclose(student.classifier.weight.detach().numpy(), w, atol=1e-5)
    assert np.allclose(student.classifier.bias.detach().numpy(), b, atol=1e-5)
    assert all(np.array_equal(old, new.detach()) for old, new in zip(fixed, teacher.parameters(), strict=True))


def test_a_teacher_stays_as_it_is_and_a_student_needs_no_label(trained: Pretrained) -> None:
    """A label that differs makes another student where labels count beside the teacher."""
    hashes: dict[float, set[str]] = {1.0: set(), 0.5: set()}
    for alpha, found in hashes.items():
        for labels in (DATA.train.labels, DATA.train.labels.roll(1), torch.full((64,), -1)):
            teacher, student = (build_student(trained.config.encoder, seed, 4, 16, trained) for seed in (0, 1))
            before = encoder_hash(teacher)
            config = Distill(alpha=alpha, student_epochs=1, student_batch_size=32)
            distilled(teacher.train(), student, replace(DATA.train, labels=labels), config, 1.0, trained)
            assert encoder_hash(teacher) == before  # batch norm statistics too
            found.add(encoder_hash(student))
    assert {alpha: len(found) for alpha, found in hashes.items()} == {1.0: 1, 0.5: 3}


def test_students_learn_one_from_the_other_from_images_without_labels(
    trained: Pretrained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but one image of each class have no label, with which the teacher tells three of the classes."""
    seen: list[tuple[Network, Network, Split, float]] = []

    def look(teacher: Network, student: Network, split: Split, config: Distill, tau: float, of: Pretrained) -> Any:
        seen.append((teacher, student, split, tau))
        return distilled(teacher, student, split, config, tau, of)

    monkeypatch.setattr(distill, "distilled", look)
    small = ResNet(name="resnet10", width=0.0625)
    config = QUICK.model_copy(update={"labels": 4, "students": (Student(), Student(encoder=small))})
    before = encoder_hash(trained.encoder), torch.get_rng_state()
    scores = evaluate(config, trained, DATA)
    assert encoder_hash(trained.encoder) == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert min(scores.metrics.values()) > 70
    assert [tau for *_, tau in seen] == [0.1, 1.0]
    assert seen[1][0] is seen[0][1]
    assert [each[1].classifier.in_features for each in seen] == [64, 32]
    assert [(len(split), int((split.labels >= 0).sum())) for _, _, split, _ in seen] == [(64, 4)] * 2
    assert evaluate(config, trained, DATA).metrics == scores.metrics


def test_without_students_it_is_fine_tuning(trained: Pretrained) -> None:
    recipe = {"labels": 8, "epochs": 3, "batch_size": 8, "learning_rate": 0.8}
    tuned = evaluate(FineTune.model_validate(recipe), trained, DATA)
    scores = evaluate(Distill.model_validate(recipe | {"students": []}), trained, DATA)
    names = {"top1": "top1", "top5": "top5", "teacher_top1": "top1"}
    assert scores.metrics == {f"distill/{name}": tuned.metrics[f"finetune/{other}"] for name, other in names.items()}
    assert torch.equal(scores.right["distill/top1"], tuned.right["finetune/top1"])


def test_too_few_labels_are_refused(trained: Pretrained) -> None:
    with pytest.raises(DataError, match=r"evaluate\.labels is 65, but there are 64 labelled images"):
        evaluate(Distill(labels=65), trained, DATA)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"students": [{"encoder": {"kind": "pixels"}}]}, r"students\.0\.encoder is pixels, which has nothing"),
        ({"students": [{}, {"encoder": {"kind": "patches", "patch": 64}}]}, r"encoder\.patch is 64, but views have"),
        ({"students": [{"encoder": {"weights_hash": "0" * 16}}]}, "has weights, and a student starts at random"),
        ({"students": [{"temperature": 0.0}]}, "greater than 0"),
        ({"alpha": 0.0}, "greater than 0"),
        ({"representation": 3}, "is layer 3 of the head, which has 2"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_trained(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TrainConfig.model_validate(
            {"pretrain": {"data": {"image_size": 32}}, "evaluate": {"protocol": "distill"} | changes}
        )


def test_the_cost_counts_every_network_that_is_trained() -> None:
    data = random_dataset(test=4)
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    students = (Student(), Student(encoder=ResNet(name="resnet10", width=0.25)))
    config = Distill(labels=0.25, epochs=2, batch_size=16, students=students, student_epochs=2, student_batch_size=16)
    with FlopCounterMode(display=False) as counter:
        evaluate(config, pretrained, data)
    work = evaluation_work(pretrained.config, config, 68)
    assert counter.get_total_flops() / 64 == pytest.approx(work.flops, rel=0.1)
    assert work.pixels == 16**2 * (1 + 3 * 2 * 0.25 + 2 * (2 + 3 * 2))


def test_an_optimiser_of_which_a_part_is_set_keeps_the_rest_of_the_students() -> None:
    """Else a momentum of one's own would bring pretraining's rate with it."""
    changed = Distill.model_validate({"optimizer": {"momentum": 0.5}}).optimizer
    assert changed == Distill().optimizer.model_copy(update={"momentum": 0.5})
    assert Distill.model_validate({"optimizer": {"kind": "adamw"}}).optimizer == AdamW()

"""A training in several processes is that of one on the whole batch."""

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as distributed
from processes import (
    EXACT,
    SINGLE,
    TRAININGS,
    after_steps,
    as_a_vector,
    assert_parallel,
    assert_same,
    in_processes,
    twenty_steps,
)
from small_methods import SHIPPED
from torch import Tensor, nn

from core import ProcessLost, pretrain
from core.augment.draw import shared
from core.augment.policy import one_view, two_views
from core.config.operations import Noise, Operations
from core.config.policies import AutoAugment, CompositionAugment, CustomAugment, SimclrAugment
from core.data.batches import Batches
from core.data.dataset import Split
from core.distributed import Share, add_up, agreed, gather
from core.history import Epoch
from core.numerics import Numerics
from core.pretraining import buckets as buckets_module
from core.pretraining import training as training_module
from core.pretraining.buckets import Buckets
from core.pretraining.chunks import own_rows, random_chunks
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, random_images, small_config, squares

CPU = torch.device("cpu")
LAST_STEP = 5
IN_BUCKETS: dict[str, dict[str, Any]] = {
    "nt_xent": {},
    "supervised": {"loss": {"kind": "cross_entropy"}, "recompute": True},
    "moco": {"loss": SHIPPED["moco, symmetric"]},
    "byol": {"loss": SHIPPED["byol"]},
    "swav": {"loss": SHIPPED["swav"]},
}
"""Trainings whose gradients are averaged while the backward pass runs. Two of them have networks that are not trained,
one has weights that are trained later, one comes by each weight twice."""
BUCKET = 20_000
"""Bytes: the encoder has some more than ten buckets, and the largest kernel is larger than one."""


def outputs(rows: int) -> Tensor:
    """Outputs for two views of each image."""
    return torch.randn(2 * rows, 3, generator=generator(0, "outputs"), dtype=torch.float64)


def weighed(z: Tensor, rank: int) -> Tensor:
    """Another loss in each process."""
    return (z * torch.randn(z.shape, generator=generator(rank, "loss"), dtype=torch.float64)).square().sum()


def gather_gradient(processes: int) -> Tensor:
    own = Share(distributed.get_rank(), processes).part(outputs(6), 2).clone().requires_grad_()
    weighed(gather(own, 2), distributed.get_rank()).backward()
    assert own.grad is not None
    return own.grad


def run_all(folder: Path) -> dict[str, Any]:
    """Everything that the everyday tests look at, in one go, since it takes seconds to begin a process."""
    results: dict[str, Any] = {
        name: after_steps(1, True, augment=EXACT, **changes) for name, changes in TRAININGS.items()
    }
    results["in buckets"] = {name: in_buckets(name) for name in IN_BUCKETS}
    results["single"] = {name: after_steps(1, False, **changes) for name, changes in SINGLE.items()}
    results["gather"] = gather_gradient(2)
    results["agreed"] = agreed(lambda: f"said by {distributed.get_rank()}", CPU)
    results["numerics"] = str(with_numerics_of_its_own().numerics)
    results["apart"] = stands_apart()
    with pytest.raises(ValueError, match="batch_size 15 cannot be shared out evenly among 2 processes"):
        Training(small_config(batch_size=15), random_dataset(), "cpu")
    results["end"] = interrupted(folder)
    return results


def in_buckets(name: str) -> dict[str, Tensor]:
    changes = IN_BUCKETS[name]
    return after_steps(2, True, bucket=BUCKET, augment=EXACT, optimizer={"learning_rate": 0.1}, **changes)


def with_numerics_of_its_own() -> Training:
    """A training whose process has measured other numerics."""
    own = Numerics("float32", channels_last=distributed.get_rank() == 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_module, "fastest_numerics", lambda *_: own)
        return Training(small_config(), random_dataset(), "cpu")


def stands_apart() -> bool:
    """Whether a process whose checkpoint is of another step says so."""
    made = Training(small_config(), random_dataset(), "cpu")
    made.step = distributed.get_rank()
    try:
        made.check_together()
    except ProcessLost:
        return True
    return False


def interrupted(folder: Path) -> dict[str, Any]:
    """A training whose leading process ends in the middle."""
    epochs: list[Epoch] = []

    def on_checkpoint(history: list[Epoch]) -> None:
        if torch.load(folder / "checkpoint.pt")["step"] == LAST_STEP:
            distributed.destroy_process_group()
            raise KeyboardInterrupt

    try:
        pretrain(
            small_config(),
            random_dataset(),
            device="cpu",
            checkpoint=folder / "checkpoint.pt",
            checkpoint_seconds=0,
            on_epoch=epochs.append,
            on_checkpoint=on_checkpoint,
        )
    except (KeyboardInterrupt, ProcessLost) as error:
        return {"ended by": type(error), "epochs": len(epochs)}
    raise AssertionError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def results(folder: Path) -> list[dict[str, Any]]:
    """Results of two processes."""
    return in_processes(2, folder, run_all)


@pytest.mark.parametrize("name", TRAININGS)
def test_loss_and_every_gradient_are_those_of_one_process(results: list[dict[str, Any]], name: str) -> None:
    expected = after_steps(1, True, augment=EXACT, **TRAININGS[name])
    for result in results:
        assert_same(result[name], expected, 1e-10)


@pytest.mark.parametrize("name", IN_BUCKETS)
def test_gradients_that_are_averaged_in_buckets_are_those_of_one_process(
    results: list[dict[str, Any]], name: str
) -> None:
    """Weights, targets and queues after two steps. Only what is trained has a gradient."""
    expected = in_buckets(name)
    for result in results:
        assert_same(result["in buckets"][name], expected, 1e-9)


def test_a_bucket_is_sent_while_the_backward_pass_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two buckets of two layers each: those that are sent when the pass has gone through each layer, and at the end."""
    layers = [nn.Linear(10, 10, bias=False) for _ in range(4)]
    sent: list[int] = []

    def send(row: Tensor) -> Any:
        sent.append(len(row))
        return lambda: None

    monkeypatch.setattr(buckets_module, "add_up_beside", send)
    buckets, seen = Buckets(nn.ModuleList(layers), 800), []
    for layer in layers:
        layer.register_full_backward_hook(lambda *_: seen.append(len(sent)))
    nn.Sequential(*layers)(torch.ones(1, 10, requires_grad=True)).sum().backward()
    buckets.average()
    assert [*seen, len(sent)] == [0, 1, 1, 2, 2]
    assert sent == [200, 200]


@pytest.mark.parametrize("name", SINGLE)
def test_they_are_in_single_precision_too(results: list[dict[str, Any]], name: str) -> None:
    expected = after_steps(1, False, **SINGLE[name])
    for result in results:
        assert_parallel(result["single"][name], expected)


@pytest.mark.parametrize("name", TRAININGS)
def test_all_processes_have_the_same_weights_to_the_bit(results: list[dict[str, Any]], name: str) -> None:
    one, other = (result[name] for result in results)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_gradient_of_what_is_gathered_is_that_of_a_concatenation(results: list[dict[str, Any]]) -> None:
    """Every process has a loss of its own on all rows; the gradient is that of their sum."""
    whole = torch.cat(outputs(6).split(3)).requires_grad_()
    (weighed(whole, 0) + weighed(whole, 1)).backward()
    assert whole.grad is not None
    for rank, result in enumerate(results):
        assert torch.allclose(result["gather"], Share(rank, 2).part(whole.grad, 2), rtol=1e-12)


def test_the_leading_process_decides(results: list[dict[str, Any]]) -> None:
    assert [result["agreed"] for result in results] == ["said by 0"] * 2


def test_all_processes_take_the_numerics_of_the_leading_one(results: list[dict[str, Any]]) -> None:
    assert [result["numerics"] for result in results] == ["float32 channels_last"] * 2


def test_a_process_that_read_another_checkpoint_does_not_go_on(results: list[dict[str, Any]]) -> None:
    assert [result["apart"] for result in results] == [False, True]


def test_a_process_that_ends_is_missed_by_the_others_and_its_checkpoint_goes_on_in_one(
    results: list[dict[str, Any]], folder: Path, tmp_path: Path
) -> None:
    assert [result["end"] for result in results] == [
        {"ended by": KeyboardInterrupt, "epochs": 1},
        {"ended by": ProcessLost, "epochs": 0},
    ]
    checkpoint = tmp_path / "checkpoint.pt"
    shutil.copy(folder / "checkpoint.pt", checkpoint)
    continued = pretrain(small_config(), random_dataset(), device="cpu", checkpoint=checkpoint)
    expected = pretrain(small_config(), random_dataset(), device="cpu")
    one, other = (as_a_vector(result.encoder.state_dict()) for result in (continued, expected))
    assert_parallel({"f": one}, {"f": other})
    losses = [[epoch.loss for epoch in result.history] for result in (continued, expected)]
    assert losses[0] == pytest.approx(losses[1], rel=2e-3)  # rounding turns a ReLU on or off now and then


GLOO = "[/pytorch/third_party/gloo/gloo/transport/tcp/"


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (RuntimeError(f"{GLOO}pair.cc:561] Connection closed by peer [127.0.0.1]:17314"), True),
        (RuntimeError(f"{GLOO}unbound_buffer.cc:81] Timed out waiting 1000ms for recv operation to complete"), True),
        (RuntimeError(f"[enforce fail at {GLOO[1:]}pair.cc:464] op.preamble.length <= op.nbytes. 8 vs 4"), False),
        (distributed.DistBackendError("NCCL error: remote process exited, ncclRemoteError"), True),
        (distributed.DistBackendError("NCCL error: Duplicate GPU detected, ncclInvalidUsage"), False),
        (RuntimeError("Tensors must be contiguous"), False),
        (torch.OutOfMemoryError("CUDA out of memory"), False),
    ],
)
def test_only_a_lost_connection_means_that_a_process_is_gone(
    error: RuntimeError, is_lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(distributed, "all_reduce", fail)
    with pytest.raises(RuntimeError, match=re.escape(str(error))) as raised:
        add_up(torch.ones(1))
    assert isinstance(raised.value, ProcessLost) == is_lost


EVERY_OPERATION: Operations = CustomAugment.model_validate(
    {"both": ["crop", "flip", "jitter", "grayscale", "blur", "solarize", "equalize", "motion_blur", "cutout"]}
).both


@pytest.mark.parametrize(
    "policy",
    [
        SimclrAugment(broader=True, also=("rotate", "noise", "sobel")),
        CompositionAugment(first="noise", second="rotate"),
        AutoAugment(),
        CustomAugment(shared=EVERY_OPERATION[:2], both=EVERY_OPERATION, first=(Noise(),), second=EVERY_OPERATION[2:3]),
    ],
)
@pytest.mark.parametrize(("make", "copies"), [(two_views, 2), (one_view, 1)])
def test_the_views_of_a_share_are_those_of_the_whole_batch(policy: Any, make: Any, copies: int) -> None:
    images, size = random_images(8), 16
    whole = make(images, policy, generator(0, "augmentation"), size)
    for rank in range(4):
        share = Share(rank, 4)
        draws = shared(generator(0, "augmentation"), share, len(images))
        views = make(images[share.rows(len(images))], policy, draws, size)
        torch.testing.assert_close(views, share.part(whole, copies), rtol=0, atol=2e-6)


def test_a_share_of_every_batch_is_its_rows() -> None:
    split = Split(random_images(22, 4), torch.arange(22))
    whole = Batches(split, 6, 0, CPU)
    for rank in range(3):
        own = Batches(split, 6, 0, CPU, Share(rank, 3))
        for step in (0, 2, 3, 7):
            assert torch.equal(squares(own[step]), squares(whole[step])[2 * rank : 2 * rank + 2])
            assert torch.equal(own[step].labels, whole[step].labels)


def test_the_chunks_of_all_processes_are_those_of_one() -> None:
    views = torch.arange(16)
    expected = [set(rows.tolist()) for rows in random_chunks(views, 4, generator(0, "chunks"))]
    found: list[set[int]] = [set() for _ in expected]
    for rank in range(4):
        share = Share(rank, 4)
        own = share.part(views, 2)
        chunks = random_chunks(own, 4, generator(0, "chunks"), 4)
        for rows, seen in zip(own_rows(chunks, share, 8), found, strict=True):
            seen.update(own[rows].tolist())
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("loss", ["nt_xent", "margin", "cross_entropy"])
def test_an_encoder_after_twenty_steps_is_that_of_one_process(processes: int, loss: str, tmp_path: Path) -> None:
    """The encoder as a whole in single precision; every weight, running statistic and gradient in double."""
    expected = twenty_steps(tmp_path, loss)
    for result in in_processes(processes, tmp_path, partial(twenty_steps, loss=loss)):
        assert_parallel({"f": as_a_vector(result["encoder"])}, {"f": as_a_vector(expected["encoder"])})
        assert result["losses"] == pytest.approx(expected["losses"], rel=1e-3)  # which magnifies rounding
        assert_same(result["double"], expected["double"], 1e-8)

"""Over NCCL a training is that of one process on the whole batch. Skipped where there is no GPU.

If there is one, all processes share it, each as if on a host of its own: NCCL then goes over sockets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as distributed
from processes import EXACT, SINGLE, TRAININGS, after_steps, assert_parallel, assert_same, in_processes
from torch import Tensor

from core import pretrain
from core.distributed import agreed, average_gradients, gather
from core.pretraining.buckets import Buckets
from helpers import random_dataset, small_config

IN_BFLOAT16 = small_config(epochs=3, precision="bfloat16")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.fixture(autouse=True)
def single_precision_is_single() -> Iterator[None]:
    """Without TensorFloat-32, whose convolutions round to three digits."""
    with without_tf32():
        yield


def without_tf32() -> Any:
    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)


def steps(folder: Path) -> dict[str, dict[str, Tensor]]:
    with without_tf32():
        return {
            **{name: after_steps(1, True, "cuda", augment=EXACT, **changes) for name, changes in TRAININGS.items()},
            **{f"single {name}": after_steps(1, False, "cuda", **changes) for name, changes in SINGLE.items()},
            "twenty": after_steps(20, True, "cuda", augment=EXACT, epochs=5),
        }


@pytest.fixture(scope="module", params=[2, 4])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Results of every process."""
    return in_processes(request.param, tmp_path_factory.mktemp("processes"), steps, "nccl")


@pytest.mark.parametrize("name", TRAININGS)
def test_loss_and_every_gradient_are_those_of_one_process(results: list[dict[str, Any]], name: str) -> None:
    expected = after_steps(1, True, "cuda", augment=EXACT, **TRAININGS[name])
    for result in results:
        assert_same(result[name], expected, 1e-10)


@pytest.mark.parametrize("name", SINGLE)
def test_they_are_in_single_precision_too(results: list[dict[str, Any]], name: str) -> None:
    expected = after_steps(1, False, "cuda", **SINGLE[name])
    for result in results:
        assert_parallel(result[f"single {name}"], expected)


def test_a_training_after_twenty_steps_is_that_of_one_process(results: list[dict[str, Any]]) -> None:
    expected = after_steps(20, True, "cuda", augment=EXACT, epochs=5)
    for result in results:
        assert_same(result["twenty"], expected, 1e-8)


def test_all_processes_have_the_same_weights_to_the_bit(results: list[dict[str, Any]]) -> None:
    for result in results[1:]:
        assert all(torch.equal(result["twenty"][key], value) for key, value in results[0]["twenty"].items())


def waits_for_nothing(folder: Path) -> dict[str, Any]:
    """The state of one process after a training as on a GPU, and whether gathering, averaging and deciding wait for
    it."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        rows = torch.ones(4, 3, device="cuda", requires_grad=True)
        layer = torch.nn.Linear(3, 2, device="cuda")
        buckets = Buckets(layer)
        layer(gather(rows, 2)).sum().backward()
        buckets.average()
        average_gradients(layer)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return {
        "said": agreed(lambda: f"by {distributed.get_rank()}", torch.device("cuda")),
        "rows": rows.grad.cpu() if rows.grad is not None else None,
        "losses": [epoch.loss for epoch in pretrain(IN_BFLOAT16, random_dataset(), device="cuda").history],
    }


def test_in_bfloat16_it_trains_as_one_process_does_and_does_not_wait(tmp_path: Path) -> None:
    expected = pretrain(IN_BFLOAT16, random_dataset(), device="cuda")
    for result in in_processes(2, tmp_path, waits_for_nothing, "nccl"):
        assert result["said"] == "by 0"
        assert result["rows"] is not None
        assert result["losses"] == pytest.approx([epoch.loss for epoch in expected.history], rel=0.02)

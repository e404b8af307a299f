"""Trainings in several processes of one group, and comparisons of their results."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as distributed
from torch import Tensor, multiprocessing, nn
from torch.multiprocessing.spawn import start_processes

from core import pretrain
from core.optimizer.eager import skip_dynamo
from core.pretraining.buckets import Buckets
from core.pretraining.training import Training
from helpers import random_dataset, small_config

EXACT = {"policy": "custom", "both": ["flip"], "first": ["noise"]}
"""Augmentation whose views are bit-identical in a share and in a whole batch."""
TRAININGS: dict[str, dict[str, Any]] = {
    "nt_xent": {"loss": {"temperature": 0.5}},
    "one view": {"loss": {"negatives": "one_view"}},
    "nt_logistic": {"loss": {"kind": "nt_logistic", "semi_hard": True}, "head": {"kind": "linear", "output": 16}},
    "margin": {"loss": {"kind": "margin", "normalize": True}, "recompute": True},
    "supervised": {"loss": {"kind": "cross_entropy"}},
    "mixed": {"loss": {"kind": "cross_entropy", "mix": {"kind": "cutmix"}}},
    "in chunks": {"batch_norm_chunk": 4},
}
"""Compared in double precision. The chunks of the last are so small that some processes have no view of them."""
TINY: dict[str, Any] = {"data": {"name": "random", "image_size": 8}, "batch_size": 8}
"""Few and small images: in single precision, rounding sometimes moves an activation across a ReLU's kink."""
PRELOADED = ["core.pretraining.training", "core.evaluation.evaluate", "torch._dynamo"]
"""Modules that the fork server imports once, so that no process imports them again: seconds each. Modules of tests
cannot be among them, since the server has not their folder on its path, and says nothing (Python 3.11)."""
SINGLE: dict[str, dict[str, Any]] = {"nt_xent": TINY, "margin": TINY | {"loss": {"kind": "margin"}}}


def compute_in_double(training: Training) -> None:
    """Compute in double precision: weights, buffers, and views from the first convolution on."""
    training.model.double()
    for name, module in training.model.named_modules():
        if name.endswith(("conv1", "patch_embed.proj")):  # of each ResNet and each transformer, targets included
            module.register_forward_pre_hook(lambda _, inputs: inputs[0].double())


def after_steps(
    count: int, double: bool, device: str = "cpu", bucket: int | None = None, **changes: object
) -> dict[str, Tensor]:
    """Statistics, gradients, weights and running statistics after some steps, all on the CPU.

    If there is a ``bucket``, gradients are averaged in buckets of so many bytes, as they are over NCCL.
    """
    data = random_dataset(side=8 if changes.items() >= TINY.items() else 16)
    made = Training(small_config(**changes), data, device)
    for name, parameter in made.encoder.named_parameters():
        if name.endswith("bn2.weight"):
            nn.init.constant_(parameter, 0.5)  # it begins at 0, and so would most gradients
    if double:
        compute_in_double(made)
    if bucket and made.share.processes > 1:
        made.buckets = Buckets(made.model, bucket)
    for _ in range(count):
        made.advance()
    gradients = {f"{name}.grad": p.grad for name, p in made.model.named_parameters() if p.grad is not None}
    assert len(gradients) > 20
    statistics = {"statistics": made.statistics[(count - 1) % made.steps_per_epoch]}
    return {name: value.cpu() for name, value in (statistics | gradients | made.model.state_dict()).items()}


def one_of_several(rank: int, processes: int, folder: str, task: Any, backend: str) -> None:
    torch.set_num_threads(1)
    skip_dynamo()
    if backend == "nccl":
        torch.cuda.set_device(rank % torch.cuda.device_count())
        os.environ["NCCL_HOSTID"] = str(rank)  # it refuses two processes of one host on one GPU
    distributed.init_process_group(backend, f"file://{folder}/meeting", rank=rank, world_size=processes)
    torch.save(task(Path(folder)), Path(folder, f"{rank}.pt"))
    if distributed.is_initialized():
        distributed.destroy_process_group()


def in_processes(processes: int, folder: Path, task: Any, backend: str = "gloo") -> list[Any]:
    """Result of the task, a function of the folder, in each of several processes of one group."""
    multiprocessing.set_forkserver_preload(PRELOADED if backend == "gloo" else [])  # no GPU is looked for before a fork
    start_processes(one_of_several, (processes, str(folder), task, backend), processes, start_method="forkserver")
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(processes)]


def as_a_vector(state: dict[str, Tensor]) -> Tensor:
    return torch.cat([value.flatten() for value in state.values() if value.is_floating_point()])


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float) -> None:
    assert set(found) == set(expected)
    for key, value in expected.items():
        allowed = 1e-6 if key == "statistics" else tolerance  # which are in single precision
        torch.testing.assert_close(found[key], value, rtol=allowed, atol=allowed, msg=key)


def assert_parallel(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Assert that every tensor has norm ratio and cosine 1, or is 0 in both."""
    assert set(found) == set(expected)
    for name, value in expected.items():
        if not value.any():
            assert not found[name].any()
            continue
        one, other = found[name].double().flatten(), value.double().flatten()
        assert float(one.norm() / other.norm()) == pytest.approx(1, abs=1e-5), name
        assert float(one @ other / (one.norm() * other.norm())) == pytest.approx(1, abs=1e-5), name


def twenty_steps(folder: Path, loss: str) -> dict[str, Any]:
    """Results after twenty steps, at a learning rate at which rounding errors of single precision do not grow.

    At three times that rate they grow a thousandfold every four steps.
    """
    changes: dict[str, Any] = {"loss": {"kind": loss}, "epochs": 5, "optimizer": {"learning_rate": 0.1}}
    result = pretrain(small_config(**changes), random_dataset(), device="cpu")
    return {
        "encoder": result.encoder.state_dict(),
        "losses": [epoch.loss for epoch in result.history],
        "double": after_steps(20, True, augment=EXACT, **changes),
    }

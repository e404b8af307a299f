"""A step never waits for the GPU: shown without one, by fake tensors that have a device and no values."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from dispatch import Mode
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import tree_leaves

from core import config
from core.augment import select
from core.augment.policy import two_views
from core.config import (
    OPERATIONS,
    AutoAugment,
    ContrastiveLoss,
    CustomAugment,
    Margin,
    NtLogistic,
    NtXent,
    ResNet,
    SimclrAugment,
)
from core.config.protocols.probes import Task
from core.data.batches import Batches
from core.data.dataset import Split
from core.encoder.build import build_encoder
from core.evaluation.transformed import TASKS, transform
from core.hardware import cap_memory, free_bytes, pick_device
from core.loss.contrast import contrast
from core.loss.nt_xent import _NtXent
from core.optimizer.lars import Lars
from core.pretraining.chunks import random_chunks
from core.randomness import generator
from helpers import random_images

GIB = 2**30
ALL = CustomAugment(both=tuple(operation.model_validate({}) for operation in OPERATIONS))
LOSSES = [NtXent(), NtXent(negatives="one_view"), NtLogistic(semi_hard=True), Margin(), Margin(semi_hard=True)]


class OnTheDevice(Mode):
    """Fails where an operation takes a tensor of the CPU: it would have to travel, and the CPU to wait for that."""

    def see(self, function: Callable[..., Any], arguments: object, result: object) -> None:
        tensors = [leaf for leaf in tree_leaves(arguments) if isinstance(leaf, torch.Tensor)]
        assert all(tensor.device.type == "cuda" for tensor in tensors), f"{function} takes a tensor from the CPU"


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: torch.tensor([1.0, 2.0], device="cuda"),
        lambda x: torch.ones(2).to("cuda"),
        lambda x: x[torch.tensor([0])],
        lambda x: x.cpu() + torch.ones(3),
        lambda x: x[x > 0],
        lambda x: x[0].item(),
    ],
)
def test_what_waits_for_the_device_is_seen(wait: Callable[[torch.Tensor], object]) -> None:
    with FakeTensorMode(), pytest.raises(Exception, match=r"from the CPU|nonzero|_local_scalar_dense"), OnTheDevice():
        wait(torch.ones(3, device="cuda"))


@pytest.mark.parametrize(
    "policy", [SimclrAugment(), AutoAugment(searched_on="cifar10"), ALL], ids=["simclr", "cifar10", "all"]
)
def test_augmentation_stays_on_the_device(policy: config.AugmentConfig) -> None:
    with FakeTensorMode():
        images = torch.zeros(4, 3, 32, 32, dtype=torch.uint8, device="cuda")
        with OnTheDevice():
            views = two_views(images, policy, None)  # type: ignore[arg-type]  # there is no generator without a GPU
    assert (views.shape, views.device.type) == ((8, 3, 32, 32), "cuda")


@pytest.mark.parametrize("task", TASKS)
def test_a_transformation_to_predict_stays_on_the_device(task: Task) -> None:
    with FakeTensorMode():
        views, labels = torch.zeros(4, 3, 32, 32, device="cuda"), torch.zeros(4, dtype=torch.int64, device="cuda")
        with OnTheDevice():
            transform(views, labels, TASKS[task][0], None)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoder", [{"name": "resnet10"}, {"name": "resnet50", "selective_kernels": True}])
def test_the_encoder_stays_on_the_device(encoder: dict[str, object]) -> None:
    with FakeTensorMode():
        with torch.device("cuda"):
            model = build_encoder(ResNet.model_validate({**encoder, "width": 0.125}), 32)
        with OnTheDevice(), torch.no_grad():
            model(torch.zeros(4, 3, 32, 32, device="cuda"))


def test_chunks_are_dealt_out_on_the_device() -> None:
    with FakeTensorMode():
        views = torch.zeros(8, 3, 4, 4, device="cuda")
        with OnTheDevice():
            chunks = random_chunks(views, 4, None)  # type: ignore[arg-type]  # there is no generator without a GPU
            assert [views[rows].device.type for rows in chunks] == ["cuda", "cuda"]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_loss_stays_on_the_device(loss: ContrastiveLoss) -> None:
    with FakeTensorMode():
        z = torch.zeros(8, 4, device="cuda")
        with OnTheDevice():
            contrast(z, loss)


@pytest.mark.parametrize("one_view", [False, True])
def test_the_gradient_of_nt_xent_stays_on_the_device(one_view: bool) -> None:
    """Called by hand: without a GPU there is no backward pass on one."""
    with FakeTensorMode():
        z = torch.zeros(8, 4, device="cuda")
        context = SimpleNamespace(saved_tensors=(z, z[:, 0]), temperature=0.1, one_view=one_view)
        upstream = torch.ones((), device="cuda")
        with OnTheDevice():
            assert _NtXent.backward(context, upstream)[0].shape == z.shape


def test_lars_stays_on_the_device() -> None:
    with FakeTensorMode():
        weight = torch.zeros(4, 3, device="cuda", requires_grad=True)
        weight.grad = torch.zeros(4, 3, device="cuda")
        optimizer = Lars([{"params": [weight]}], 0.1, 0.9, 1e-4, 0.001)
        with OnTheDevice():
            optimizer.step()
            optimizer.step()


@pytest.mark.parametrize("operation", ALL.both, ids=lambda operation: operation.kind)
def test_what_a_gpu_computes_is_what_a_cpu_computes(
    operation: config.Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU computes all samples and selects; here a CPU does too."""
    sometimes = CustomAugment(both=(operation.model_copy(update={"probability": 0.5}),))
    chosen_alone = two_views(random_images(32), sometimes, generator(0, "augmentation"))
    monkeypatch.setattr(select, "_compute_chosen", select._compute_all)
    assert torch.allclose(
        two_views(random_images(32), sometimes, generator(0, "augmentation")), chosen_alone, atol=1e-5
    )


def test_a_gpu_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors have it too: "cuda" is not equal to "cuda:0"."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    assert pick_device() == pick_device("cuda") == torch.device("cuda", 3)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
@pytest.mark.parametrize(
    ("images_on", "travels"),
    [
        ("cuda:0", [((10,), "cpu"), ((10,), "cpu")]),
        ("cpu", [((10,), "cpu"), ((10,), "cpu"), ((3, 3, 8, 8), "cpu")]),
    ],
)
def test_only_what_is_on_the_cpu_is_pinned(
    images_on: str, travels: list[tuple[tuple[int, ...], str]], device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels and order of an epoch, and the batch of images that did not fit on the device."""
    pinned: list[torch.Tensor] = []

    def pin(values: torch.Tensor) -> torch.Tensor:
        pinned.append(values)
        return values

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    with FakeTensorMode():
        images = torch.zeros(10, 3, 8, 8, dtype=torch.uint8, device=images_on)
        split = Split(images, torch.zeros(10, dtype=torch.int64))
        batch = Batches(split, 3, seed=0, device=torch.device(device))[0]
    assert batch.images.device == batch.labels.device == torch.device("cuda:0")
    assert sorted((tuple(values.shape), values.device.type) for values in pinned) == sorted(travels)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """One of 80 GiB, of which 50 are free and 1 is this process's; what its memory was capped to."""
    capped = [1.0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=80 * GIB))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (50 * GIB, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: GIB)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", capped.append)
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda _: capped[-1])
    return capped


@pytest.mark.parametrize(("share", "gib"), [(0, []), (0.25, [19.5]), (1, []), (2, []), (0.001, [0])])
def test_only_a_share_of_a_gpu_caps_the_memory(share: float, gib: list[float], gpu: list[float]) -> None:
    """The cap leaves room for what a process takes beside its tensors."""
    cap_memory(share)
    assert [fraction * 80 for fraction in gpu[1:]] == pytest.approx(gib)


def test_a_capped_process_may_take_no_more_than_its_share_of_what_is_free(gpu: list[float]) -> None:
    assert free_bytes(torch.device("cuda", 0)) == 50 * GIB
    cap_memory(0.25)
    assert free_bytes(torch.device("cuda", 0)) == 18.5 * GIB

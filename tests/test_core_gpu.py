"""Properties that only a GPU can show. Skipped where there is none."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from core import (
    DataConfig,
    EvaluateConfig,
    Frozen,
    HeadConfig,
    PretrainConfig,
    config,
    evaluate,
    load_data,
    load_pretrained,
    pretrain,
)
from core.augment.policy import two_views
from core.config import (
    OPERATIONS,
    AutoAugment,
    ContrastiveLoss,
    CustomAugment,
    Margin,
    NtLogistic,
    NtXent,
    Retrieval,
    SimclrAugment,
    Spectrum,
    TransformationProbe,
    Tsne,
)
from core.data.batches import Batches, place
from core.evaluation.network import network_on
from core.evaluation.sgd import Recipe, train
from core.hardware import cap_memory, forget_memory_peak, free_bytes, memory_bytes, memory_peak
from core.loss.contrast import contrast
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_images, squares

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

CONFIG = PretrainConfig.model_validate(
    {
        "data": {"name": "shapes", "image_size": 32, "subset": 1000},
        "encoder": {"name": "resnet18", "width": 0.25},
        "loss": {"temperature": 0.5},
        "schedule": {"warmup_epochs": 1},
        "epochs": 3,
        "batch_size": 250,
    }
)
ALL = CustomAugment(both=tuple(operation.model_validate({}) for operation in OPERATIONS))


@pytest.fixture
def nothing_waits() -> Iterator[None]:
    """PyTorch raises where the CPU would wait for the GPU."""
    torch.cuda.set_sync_debug_mode("error")
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize(
    "policy",
    [SimclrAugment(), SimclrAugment(broader=True), AutoAugment(), AutoAugment(searched_on="cifar10"), ALL],
    ids=["simclr", "broader", "imagenet", "cifar10", "all"],
)
def test_views_are_made_without_waiting(policy: config.AugmentConfig, nothing_waits: None) -> None:
    images = random_images(16, 32)
    views = two_views(images.pin_memory().to("cuda", non_blocking=True), policy, generator(0, "test", 0, "cuda"))
    torch.cuda.set_sync_debug_mode("default")
    assert views.min() >= 0
    assert views.max() <= 1
    assert views.flatten(1).std(dim=1).mean() > 0.05


@pytest.mark.parametrize("changes", [{}, {"recompute": True}, {"batch_norm_chunk": 50}], ids=str)
def test_a_training_step_never_waits(changes: dict[str, object]) -> None:
    training = Training(CONFIG.model_copy(update=changes), load_data(CONFIG.data), "cuda")
    training.advance()
    torch.cuda.set_sync_debug_mode("error")
    try:
        training.advance()
        training.advance()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert training.step == 3


@pytest.mark.parametrize("loss", [NtXent(), NtXent(negatives="one_view"), NtLogistic(semi_hard=True), Margin()])
def test_a_loss_is_the_same_as_on_the_cpu(loss: ContrastiveLoss) -> None:
    z = torch.randn(64, 32, generator=generator(0, "z"))
    on_cpu, on_gpu = z.clone().requires_grad_(), z.cuda().requires_grad_()
    expected, result = contrast(on_cpu, loss), contrast(on_gpu, loss)
    expected.loss.backward()
    result.loss.backward()
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5, check_device=False)
    torch.testing.assert_close(on_gpu.grad.cpu(), on_cpu.grad, rtol=1e-3, atol=1e-6)  # type: ignore[union-attr]


def test_an_encoder_is_trained_stopped_continued_saved_and_scored(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(epoch: object) -> None:
        raise Stopped

    data = load_data(CONFIG.data)
    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(Stopped):
        pretrain(
            CONFIG,
            data,
            checkpoint=checkpoint,
            checkpoint_seconds=0,
            on_checkpoint=lambda h: stop(h) if len(h) == 2 else None,
        )
    pretrained = pretrain(CONFIG, data, checkpoint=checkpoint)
    assert [epoch.epoch for epoch in pretrained.history] == [1, 2, 3]
    pretrained.save(tmp_path / "encoder.pt")
    again = load_pretrained(tmp_path / "encoder.pt", torch.device("cuda", 0))
    assert again is not None
    metrics = evaluate(Frozen(l2_count=5), again, data).metrics
    assert 10 < metrics["linear_eval/top1"] <= 100


def test_the_training_of_an_evaluation_never_waits() -> None:
    data = load_data(CONFIG.data)
    pretrained = pretrain(CONFIG.model_copy(update={"epochs": 0}), data)
    split = place(data.train, pretrained.device)
    for network in (network_on(pretrained, "h", 10), network_on(pretrained, 1, 10).train()):
        train(network, split, Recipe(0.1, 64, 2), pretrained)
        torch.cuda.set_sync_debug_mode("error")
        try:
            train(network, split, Recipe(0.1, 64, 3), pretrained)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert network.classifier.weight.isfinite().all()
        assert network.classifier.weight.any()


@pytest.mark.parametrize(
    "protocol",
    [
        TransformationProbe(task="rotation", epochs=2),
        TransformationProbe(task="noise"),
        Retrieval(),
        Spectrum(),
        Tsne(),
    ],
    ids=lambda protocol: protocol.protocol,
)
def test_what_looks_inside_a_model_works_there(protocol: EvaluateConfig) -> None:
    config = CONFIG.model_copy(update={"head": HeadConfig(kind="linear", output=128), "epochs": 0})
    data = load_data(config.data)
    scores = evaluate(protocol, pretrain(config, data), data)
    assert all(math.isfinite(value) for value in scores.metrics.values())
    assert all(array.device.type == "cpu" for array in scores.arrays.values())


def test_streamed_batches_are_those_in_memory_and_are_not_waited_for(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / "photos" / split / "a").mkdir(parents=True)
        for number, pixels in enumerate(random_images(12, 32)):
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(tmp_path / "photos" / split / f"a/{number:02}.png")
    data = DataConfig(name="photos", image_size=32)
    device = torch.device("cuda", 0)
    whole, streamed = (
        Batches(place(load_data(data, tmp_path, stream=stream).train, device), 4, seed=0, device=device)
        for stream in (False, True)
    )
    streamed[0]
    torch.cuda.set_sync_debug_mode("error")
    try:
        batches = [streamed[step] for step in (1, 2)]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    streamed.close()
    for step, batch in enumerate(batches, start=1):
        assert batch.images.device == device
        assert torch.equal(squares(batch), squares(whole[step]))
        assert torch.equal(batch.labels, whole[step].labels)


def test_a_share_of_a_gpu_is_all_that_a_process_takes() -> None:
    torch.cuda.empty_cache()
    whole = memory_bytes(torch.device("cuda"))
    cap_memory(0.1)
    try:
        assert torch.empty(whole // 20, dtype=torch.uint8, device="cuda").numel()
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(whole // 8, dtype=torch.uint8, device="cuda")
        assert free_bytes(torch.device("cuda")) < 0.1 * whole
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert torch.empty(whole // 8, dtype=torch.uint8, device="cuda").numel()


def test_the_peak_is_of_what_was_taken_since_it_was_forgotten() -> None:
    device = torch.device("cuda", 0)
    torch.empty(2**30, dtype=torch.uint8, device=device)
    assert memory_peak(device) >= 2**30
    forget_memory_peak()
    assert memory_peak(device) < 2**30

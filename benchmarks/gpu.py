"""Training on a GPU: views a second, peak memory, the share of the augmentation, and that no step waits.

    python benchmarks/gpu.py

Needs torch, torchvision and pydantic alone. PyTorch is told to raise where a step would wait for the GPU.
``--dry-run`` runs the same code on a CPU with one tiny case, and measures nothing.
"""

import sys
import time
from collections.abc import Callable

import torch

from core import PretrainConfig
from core.augment.policy import two_views
from core.data.dataset import Dataset, Split
from core.hardware import forget_memory_peak, hardware_name, memory_peak, pick_device
from core.pretraining.training import Training
from core.randomness import generator

CASES = [
    ("resnet18", 32, 256),
    ("resnet18", 32, 512),
    ("resnet18", 32, 1024),
    ("resnet50", 32, 1024),
    ("resnet50", 224, 256),
    ("resnet50", 224, 512),
]
"""Encoder, side in pixels, batch size."""
DRY = [("resnet10", 8, 4)]
STEPS, WARM_UP = 10, 5


def main() -> None:
    dry = "--dry-run" in sys.argv
    device = pick_device("cpu" if dry else "cuda")
    print(f"{hardware_name(device)}, torch {torch.__version__}")
    print("| encoder | side | batch | views/s | ms a step | of it augmentation | GiB at most |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for encoder, side, batch in DRY if dry else CASES:
        print(measure(encoder, side, batch, device), flush=True)


def measure(encoder: str, side: int, batch: int, device: torch.device) -> str:
    config = PretrainConfig.model_validate(
        {
            "data": {"name": "random", "image_size": side},
            "augment": {"strength": 0.5, "blur": side > 32},
            "encoder": {"name": encoder},
            "epochs": 1000,
            "batch_size": batch,
        }
    )
    images = torch.randint(0, 256, (4 * batch, 3, side, side), dtype=torch.uint8)
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    forget_memory_peak()
    training = Training(config, Dataset("random", ("a",), split, split[:1]), str(device))
    seconds = timed(training.advance, device)
    draws = generator(0, "benchmark", 0, device)
    augmentation = timed(lambda: two_views(training.batches[0].images, config.augment, draws), device)
    peak = memory_peak(device) / 2**30
    return (
        f"| {encoder} | {side} | {batch} | {2 * batch / seconds:,.0f} | {1000 * seconds:.1f} | "
        f"{1000 * augmentation:.1f} | {peak:.2f} |"
    )


def timed(action: Callable[[], object], device: torch.device) -> float:
    """Seconds of one, the mean of several; raises where one waits for the GPU."""
    for _ in range(WARM_UP):
        action()
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
    start = time.perf_counter()
    for _ in range(STEPS):
        action()
    if device.type == "cuda":
        torch.cuda.set_sync_debug_mode("default")
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / STEPS


if __name__ == "__main__":
    main()

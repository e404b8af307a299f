"""Peak memory and time of a training step, by what becomes of the encoder's activations.

    python benchmarks/step_memory.py                                       small, for a CPU
    python benchmarks/step_memory.py --encoder resnet50 --width 1 --batches 1024 2048 4096 8192 --chunk 1024
    python benchmarks/step_memory.py --encoder resnet50 --width 1 --image-size 224 --batches 512 4096 --chunk 512

They are all kept, recomputed block by block, those of one chunk of the views, or of one chunk and recomputed. The
views alone, without any training, are what remains. Each runs in a process of its own on random images. On a GPU the
peak is all that PyTorch allocates, weights and images included; on a CPU it is what a step adds.
"""

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch

from core import PretrainConfig
from core.data.dataset import Dataset, Split
from core.hardware import hardware_name, pick_device
from core.numerics import fastest_numerics
from core.pretraining.training import Training
from core.randomness import generator


@dataclass(frozen=True)
class Measured:
    gib: float
    seconds: float
    loss: float
    """Loss of the last step; equal for variants that compute the same."""


def measure(settings: dict[str, Any], device: str, steps: int, views_alone: bool) -> Measured | None:
    """None where memory does not suffice."""
    config = PretrainConfig.model_validate(settings)
    training = Training(config, random_images(config), device)
    before = 0.0 if device != "cpu" else _peak(device)
    try:
        for step in range(1 + steps):
            if step == 1:  # the first one warms up
                start = _now(device)
            make_views(training) if views_alone else training.advance()
        seconds = (_now(device) - start) / steps
    except torch.OutOfMemoryError:
        return None
    return Measured(_peak(device) - before, seconds, float(training.statistics[-1, 0]))


def make_views(training: Training) -> None:
    training.method.views(training.batches[0], generator(0, "bench", 0, training.device))


def random_images(config: PretrainConfig) -> Dataset:
    """One batch of them."""
    side = config.data.image_size
    draw = generator(0, "bench")
    images = torch.randint(0, 256, (config.batch_size, 3, side, side), dtype=torch.uint8, generator=draw)
    split = Split(images, torch.arange(config.batch_size) % 10)
    return Dataset("random", tuple("abcdefghij"), split, split)


def _peak(device: str) -> float:
    """GiB."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _now(device: str) -> float:
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter()


def compare(options: argparse.Namespace, batch: int) -> None:
    settings = {
        "data": {"name": "random", "image_size": options.image_size},
        "encoder": {"name": options.encoder, "width": options.width},
        "schedule": {"warmup_epochs": 1},
        "epochs": 1000,
        "batch_size": batch,
        "precision": options.precision,
    }
    chunk = {"batch_norm_chunk": options.chunk}
    contestants: dict[str, dict[str, Any]] = {
        "all kept": {},
        "recomputed": {"recompute": True},
        f"chunks of {options.chunk:,} views": chunk,
        "chunks, recomputed": {**chunk, "recompute": True},
        "views alone": {},
    }
    for name, changes in contestants.items():
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            work = pool.submit(measure, settings | changes, options.device, options.steps, name == "views alone")
            print(f"{batch:6,d} images  {name:24s} {_text(work.result(), batch)}", flush=True)


def _text(measured: Measured | None, batch: int) -> str:
    if measured is None:
        return "out of memory"
    rate = batch / measured.seconds
    loss = f"   loss {measured.loss:.6f}" if measured.loss else ""
    return f"{measured.gib:7.2f} GiB {measured.seconds:8.3f} s a step {rate:8,.0f} images/s{loss}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="resnet34")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--image-size", type=int, default=32)
    parser.add_argument("--batches", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--chunk", type=int, default=128, help="views of a chunk; must divide every batch's views")
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    device = pick_device(options.device)
    numerics = fastest_numerics(device, options.precision)  # measured here, so that no other process has to
    print(f"{hardware_name(device)}, PyTorch {torch.__version__}, {numerics}")
    print(f"{options.encoder} of width {options.width:g}, {options.image_size} pixels")
    for batch in options.batches:
        compare(options, batch)


if __name__ == "__main__":
    main()

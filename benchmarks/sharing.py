"""Several trainings beside each other on one GPU, as trials that ask for a share of it: views a second of all together.

    python benchmarks/sharing.py --trainings 1 3

Needs torch, torchvision and pydantic alone. Whether NVIDIA's MPS is on is the caller's: `nvidia-cuda-mps-control -d`.
"""

import argparse
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import torch
from torch import multiprocessing

from core import PretrainConfig
from core.data.dataset import Dataset, Split
from core.hardware import hardware_name, pick_device
from core.pretraining.training import Training

CONFIG = {
    "data": {"name": "random", "image_size": 32},
    "augment": {"strength": 0.5, "blur": False},
    "encoder": {"name": "resnet18"},
    "epochs": 1000,
    "batch_size": 512,
}
WARM_UP, STEPS = 10, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainings", type=int, nargs="+", default=[1, 3])
    print(f"{hardware_name(pick_device())}, torch {torch.__version__}")
    print("| trainings | views/s | numerics |\n| ---: | ---: | --- |")
    for count in parser.parse_args().trainings:
        print(measure(count), flush=True)


def measure(count: int) -> str:
    """One row, of so many processes."""
    context = multiprocessing.get_context("spawn")
    together, results = context.Barrier(count), context.Queue()
    processes = [context.Process(target=train, args=(together, results)) for _ in range(count)]
    for process in processes:
        process.start()
    rates, numerics = zip(*(results.get() for _ in processes), strict=True)
    for process in processes:
        process.join()
    return f"| {count} | {sum(rates):,.0f} | {', '.join(sorted(set(numerics)))} |"


def train(together: Barrier, results: "Queue[tuple[float, str]]") -> None:
    """One process, on a core of its own: its views a second while all train."""
    torch.set_num_threads(1)
    config = PretrainConfig.model_validate(CONFIG)
    side = config.data.image_size
    images = torch.randint(0, 256, (8 * config.batch_size, 3, side, side), dtype=torch.uint8)
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    together.wait()
    training = Training(config, Dataset("random", ("a",), split, split[:1]), "cuda")
    for _ in range(WARM_UP):
        training.advance()
    torch.cuda.synchronize()
    together.wait()
    started = time.perf_counter()
    for _ in range(STEPS):
        training.advance()
    torch.cuda.synchronize()
    results.put((2 * config.batch_size * STEPS / (time.perf_counter() - started), str(training.numerics)))


if __name__ == "__main__":
    main()

"""Measures the cost of this project and of its peers, in one process, one after the other: seconds of the processor, on
one thread.

    python -m pip install -e '.[bench]'
    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/throughput.py

Training, for each method that lightly has too: the same ResNet-10 of width 0.25 with the same heads on 32 x 32 images,
the same batch and policy (crop, flip, jitter, grayscale; s = 0.5, no blur), through (a) this project and (b) lightly's
transform, loss and documented loop, in the same number format and in float32. Augmentation alone: this project,
torchvision's v2 transforms image by image, and kornia's batched ones. The result is a minimum over rounds in which all
take their turn, since other load on a machine only ever adds to it.
"""

import argparse
import os
import platform
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version

import kornia.augmentation as K
import torch
from lightly_steps import lightly_step
from torchvision.transforms import v2

from core import PretrainConfig, load_data
from core.augment.policy import two_views
from core.config import SimclrAugment
from core.hardware import hardware_name
from core.pretraining.training import Training
from core.randomness import generator

BATCH = 256
CONFIG = PretrainConfig.model_validate(
    {
        "data": {"name": "shapes", "image_size": 32, "subset": 4096},
        "augment": {"strength": 0.5, "blur": False},
        "encoder": {"name": "resnet10", "width": 0.25},
        "loss": {"temperature": 0.5},
        "optimizer": {"kind": "sgd", "learning_rate": 0.06},
        "schedule": {"warmup_epochs": 1},
        "epochs": 1000,
        "batch_size": BATCH,
    }
)
WIDE = {"layers": 3, "hidden": 256, "output": 256, "last_norm": "none"}
METHODS: dict[str, dict[str, object]] = {
    "SimCLR": {},
    "MoCo v2": {"loss": {"kind": "moco", "queue": 2048}, "head": {"hidden_norm": False, "last_norm": "none"}},
    "BYOL": {"loss": {"kind": "byol", "hidden": 256}, "head": {"hidden": 256, "last_norm": "none"}},
    "SimSiam": {"loss": {"kind": "simsiam", "hidden": 64}, "head": WIDE | {"last_norm": "plain"}},
    "Barlow Twins": {"loss": {"kind": "barlow_twins"}, "head": WIDE},
    "VICReg": {"loss": {"kind": "vicreg"}, "head": WIDE},
    "SwAV": {"loss": {"kind": "swav", "prototypes": 100}, "head": {"hidden": 256, "last_norm": "none"}},
}
"""Methods with the heads of studies/methods.yaml at the scale quick."""
JITTER = (0.4, 0.4, 0.4, 0.1)


def training(**of_method: object) -> dict[str, Callable[[], None]]:
    """A step of each contestant: lightly in this project's number format, and in float32 as its examples are."""
    config = PretrainConfig.model_validate(CONFIG.model_dump() | of_method)
    ours = Training(config, load_data(config.data))
    formats = dict.fromkeys([config.precision, "float32"])
    theirs = {f"lightly, {each}": lightly_step(config.model_copy(update={"precision": each})) for each in formats}
    return {f"this project, {ours.numerics}": ours.advance} | theirs


def our_augmentation() -> Callable[[], None]:
    images = load_data(CONFIG.data).train.images[:BATCH]
    steps = iter(range(10**9))
    return lambda: _drop(two_views(images, SimclrAugment(strength=0.5, blur=False), generator(0, "bench", next(steps))))


def torchvisions_augmentation() -> Callable[[], None]:
    images = load_data(CONFIG.data).train.images[:BATCH]
    transform = v2.Compose(
        [
            v2.RandomResizedCrop(32, interpolation=v2.InterpolationMode.BICUBIC, antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(*JITTER)], p=0.8),
            v2.RandomGrayscale(p=0.2),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    return lambda: _drop(torch.stack([transform(image) for _ in range(2) for image in images]))


def kornias_augmentation() -> Callable[[], None]:
    images = load_data(CONFIG.data).train.images[:BATCH].float() / 255
    transform = K.AugmentationSequential(
        K.RandomResizedCrop((32, 32), scale=(0.08, 1.0), resample="bicubic"),
        K.RandomHorizontalFlip(),
        K.ColorJitter(*JITTER, p=0.8),
        K.RandomGrayscale(p=0.2),
        data_keys=["input"],
    )
    both = torch.cat([images, images])
    return lambda: _drop(transform(both))


def _drop(views: object) -> None:
    """A view that is made is all that is asked for."""


def seconds(step: Callable[[], None], steps: int) -> float:
    """Seconds of the processor for a step."""
    start = time.process_time()
    for _ in range(steps):
        step()
    return (time.process_time() - start) / steps


def compare(title: str, contestants: dict[str, Callable[[], None]], rounds: int, steps: int) -> None:
    """Print views a second of each, and the first one's ratio to each other."""
    for step in contestants.values():
        seconds(step, 1)  # warms up
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, step in contestants.items():
            taken[name].append(seconds(step, steps))
    best = {name: min(values) for name, values in taken.items()}
    ours = next(iter(best.values()))
    print(f"\n{title}: views for a second of the processor; how often this project fits into the other's time")
    for name, value in best.items():
        print(f"  {name:44s} {2 * BATCH / value:9,.0f}   {value / ours:6.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--precision", default="bfloat16")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "lightly", "kornia"))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{hardware_name(torch.device('cpu'))}, {platform.platform()}, {load}\n{versions}")
    print(f"minimum of {options.rounds} rounds of {options.steps} steps of {BATCH} images, one thread")
    for name in options.methods:
        made = training(precision=options.precision, **METHODS[name])
        compare(f"Training, {name}", made, options.rounds, options.steps)
    augmentation = {
        "this project": our_augmentation(),
        "torchvision v2, image by image": torchvisions_augmentation(),
        "kornia, batched": kornias_augmentation(),
    }
    compare("Augmentation alone", augmentation, options.rounds, options.steps)


if __name__ == "__main__":
    main()

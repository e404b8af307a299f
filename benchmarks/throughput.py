"""Views a second through this project and through its peers, in one process, run after the other.

    python -m pip install -e '.[bench]'
    python benchmarks/throughput.py

Training: the same ResNet-10 of width 0.25 on 32 x 32 images, the same batch and policy (crop, flip, jitter,
grayscale; s = 0.5, no blur), through (a) this project and (b) lightly's SimCLR transform in a DataLoader of two
workers, float32, and lightly's NT-Xent. Augmentation alone: this project, torchvision's v2 transforms image by
image, and kornia's batched ones. What is reported is a median over rounds, and ratios within a round.
"""

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version

import kornia.augmentation as K
import torch
from lightly.loss import NTXentLoss
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from core import PretrainConfig, load_data
from core.augment.policy import two_views
from core.config import SimclrAugment
from core.hardware import hardware_name
from core.methods.build import build_model
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
JITTER = (0.4, 0.4, 0.4, 0.1)


class Pictures(Dataset[list[Tensor]]):
    """What a peer's user has: PIL images, and a transform that makes two views of one."""

    def __init__(self, images: Tensor) -> None:
        self.images = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
        self.transform = SimCLRTransform(input_size=32, cj_strength=0.5, gaussian_blur=0.0)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> list[Tensor]:
        views: list[Tensor] = self.transform(self.images[index])
        return views


def ours() -> Callable[[], None]:
    training = Training(CONFIG, load_data(CONFIG.data))
    print(f"this project computes in {training.numerics}")
    return training.advance


def lightlys() -> Callable[[], None]:
    """Its documented loop: two passes through the encoder, plain SGD."""
    images = load_data(CONFIG.data).train.images
    assert isinstance(images, Tensor)
    pictures = Pictures(images)
    loader = DataLoader(pictures, BATCH, shuffle=True, drop_last=True, num_workers=2, persistent_workers=True)
    model = nn.Sequential(*build_model(CONFIG, classes=10))
    criterion = NTXentLoss(temperature=0.5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.06, momentum=0.9, weight_decay=5e-4)
    batches = _forever(loader)

    def step() -> None:
        first, second = next(batches)
        loss = criterion(model(first), model(second))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _forever(loader: DataLoader[list[Tensor]]) -> Iterator[list[Tensor]]:
    while True:
        yield from loader


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


def views_a_second(step: Callable[[], None], steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return 2 * BATCH * steps / (time.perf_counter() - start)


def compare(title: str, contestants: dict[str, Callable[[], None]], rounds: int, steps: int) -> None:
    """The first contestant's ratio to each other, from rounds in which all take their turn."""
    for step in contestants.values():
        views_a_second(step, 2)  # warms up
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, step in contestants.items():
            speeds[name].append(views_a_second(step, steps))
    first, *others = contestants
    print(f"\n{title}, views a second, median of {rounds} rounds of {steps} steps of {BATCH} images")
    for name, values in speeds.items():
        print(f"  {name:44s} {statistics.median(values):9,.0f}   ({min(values):,.0f} to {max(values):,.0f})")
    for name in others:
        ratios = [a / b for a, b in zip(speeds[first], speeds[name], strict=True)]
        print(f"  {first} / {name}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "lightly", "kornia"))
    print(f"{hardware_name(torch.device('cpu'))}, {torch.get_num_threads()} threads, {platform.platform()}\n{versions}")
    training = {"this project": ours(), "lightly, DataLoader of 2 workers, float32": lightlys()}
    compare("Training", training, options.rounds, options.steps)
    augmentation = {
        "this project": our_augmentation(),
        "torchvision v2, image by image": torchvisions_augmentation(),
        "kornia, batched": kornias_augmentation(),
    }
    compare("Augmentation alone", augmentation, options.rounds, options.steps)


if __name__ == "__main__":
    main()

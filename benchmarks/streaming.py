"""Images that are decoded while they are used, against the same images in memory. Makes its own JPEGs.

    python benchmarks/streaming.py                                                          # a processor
    python benchmarks/streaming.py --encoder resnet50 --width 1 --batch 512 --images 16384  # a GPU

What decoding costs on one core, by Pillow alone and as it is done, with a JPEG's own scaling and in full. How many
images a second are decoded by threads and by worker processes, what that takes of the workers' processors, and how many
small operations the main thread launches a second meanwhile, as it does to keep a GPU busy. Training, in rounds that
take turns.
"""

import argparse
import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
from PIL import Image

from core import DataConfig, PretrainConfig, load_data
from core.config.data import BATCHES_AHEAD, LONGEST
from core.data import decode as decoding
from core.data.ahead import decode_ahead
from core.data.batches import batches_from
from core.data.decode import MARGIN, decode, decode_whole
from core.data.jpeg import ordinary_jpeg
from core.data.streamed import StreamedImages
from core.hardware import hardware_name, pick_device
from core.pretraining.training import Training

SIDE = 224
SMALL, LARGE = (500, 375), (4000, 3000)
DISTINCT = 256
"""Different JPEGs; the others are links to them."""
SECONDS, ROUNDS = 5.0, 10
LAUNCHES = 5000
"""Small operations after every batch, about those of a step of a ResNet-50."""


def save_photo(path: Path, size: tuple[int, int], seed: int = 0) -> None:
    """Noise with the spectrum of photographs; at 500 x 375 about the 110 kB of ImageNet's."""
    width, height = size
    white = torch.randn(3, height, width, generator=torch.Generator().manual_seed(seed))
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    channels = torch.fft.irfft2(torch.fft.rfft2(white) / frequency**1.2, s=(height, width))
    mix = torch.tensor([[1.0, 0.3, 0.1], [1.0, -0.1, -0.2], [1.0, -0.2, 0.3]])
    pixels = torch.einsum("ij,jhw->hwi", mix, channels)
    pixels = (118 + 50 * (pixels - pixels.mean()) / pixels.std()).clamp(0, 255).byte()
    Image.fromarray(pixels.numpy()).save(path, quality=92)


def make_photos(root: Path, count: int) -> None:
    """An image folder ``photos`` with so many training images."""
    train, test = (root / "photos" / split / "all" for split in ("train", "test"))
    for folder in (train, test):
        folder.mkdir(parents=True)
    for number in range(count):
        if number < DISTINCT:
            save_photo(train / f"{number:06}.jpg", SMALL, number)
        else:
            (train / f"{number:06}.jpg").hardlink_to(train / f"{number % DISTINCT:06}.jpg")
    (test / "0.jpg").hardlink_to(train / "000000.jpg")


def compare_decoding(root: Path) -> None:
    small, large = root / "photos/train/all/000000.jpg", root / "large.jpg"
    save_photo(large, LARGE)
    print(f"\nDecoding on one core, milliseconds of its processor for an image, minimum of {ROUNDS} rounds")
    kinds: dict[str, Callable[[str], torch.Tensor]] = {
        f"square of {SIDE}": lambda path: decode(path, SIDE),
        f"own shape, at most {LONGEST}": lambda path: decode_whole(path, LONGEST),
    }
    for path, (width, height), count in ((small, SMALL, 20), (large, LARGE, 1)):
        print(f"  {width} x {height}, {path.stat().st_size / 1e3:,.0f} kB")
        for kind, read in kinds.items():
            taken: dict[str, list[float]] = {name: [] for name in WAYS}
            pixels: dict[str, torch.Tensor] = {}
            for _ in range(ROUNDS):
                for name, way in WAYS.items():
                    with way():
                        start = time.thread_time()
                        for _ in range(count):
                            pixels[name] = read(str(path))
                        taken[name].append(1000 * (time.thread_time() - start) / count)
            best = {name: min(values) for name, values in taken.items()}
            difference = (pixels["in full"].int() - pixels["as it is done"].int()).abs().float()
            print(
                f"    {kind:24s}" + ", ".join(f"{name} {value:.2f}" for name, value in best.items()) + f"; "
                f"{best['by Pillow'] / best['as it is done']:.2f} times; equal: "
                f"{torch.equal(pixels['by Pillow'], pixels['as it is done'])}; in full values differ by "
                f"{difference.mean():.2f} of 255, at most {difference.max():.0f}"
            )


@contextmanager
def by_pillow() -> Iterator[None]:
    vars(decoding)["ordinary_jpeg"] = lambda image, side: None
    yield
    vars(decoding)["ordinary_jpeg"] = ordinary_jpeg


@contextmanager
def in_full() -> Iterator[None]:
    vars(decoding)["MARGIN"] = 10**6
    yield
    vars(decoding)["MARGIN"] = MARGIN


WAYS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "by Pillow": by_pillow,
    "as it is done": nullcontext,
    "in full": in_full,
}


def by_threads(images: StreamedImages, batch: int) -> Generator[int, None, None]:
    pool = ThreadPoolExecutor(torch.get_num_threads())
    try:
        decoded = pool.map(lambda path: decode(path, SIDE), images.paths * 100)
        while True:
            yield len(list(itertools.islice(decoded, batch)))
    finally:
        pool.shutdown(cancel_futures=True)


def by_processes(images: StreamedImages, batch: int, device: torch.device) -> Generator[int, None, None]:
    with closing(decode_ahead(images, batches_from(0, len(images), batch, seed=0), device)) as batches:
        yield from (len(decoded) for decoded in batches)


class Rates(NamedTuple):
    images: float
    """Images decoded a second."""
    worker: float
    """Milliseconds of the workers' processors for an image; 0 for threads."""
    launches: float
    """Small operations launched a second, some after every batch as in a training."""


def launch_beside(decoded: Iterator[int]) -> Rates:
    for _ in range(BATCHES_AHEAD + 1):
        next(decoded)
    values, images, launched, launching = torch.ones(8), 0, 0, 0.0
    worked, start = worker_seconds(), time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        images += next(decoded)
        begun = time.perf_counter()
        for _ in range(LAUNCHES):
            values = values * 1.0
        launched, launching = launched + LAUNCHES, launching + time.perf_counter() - begun
    worked = worker_seconds() - worked
    taken = time.perf_counter() - start
    return Rates(images / taken, 1000 * worked / images if images else 0.0, launched / launching)


def worker_seconds() -> float:
    """Seconds of the processor that this process's workers have taken so far."""
    times = [psutil.Process(worker.pid).cpu_times() for worker in multiprocessing.active_children()]
    return sum(each.user + each.system for each in times)


def training_speed(training: Training, steps: int) -> float:
    """Images a second, after steps that use up what was decoded while the other training ran."""
    for timed in (BATCHES_AHEAD + 1, steps):
        start = time.perf_counter()
        for _ in range(timed):
            training.advance()
        float(training.statistics.sum())  # waits for the device
    return training.config.batch_size * steps / (time.perf_counter() - start)


def compare_training(trainings: dict[str, Training], rounds: int, steps: int) -> None:
    speeds: dict[str, list[float]] = {name: [] for name in trainings}
    for _ in range(rounds + 1):
        for name, training in trainings.items():
            speeds[name].append(training_speed(training, steps))
    print(f"\nTraining, images a second, median of {rounds} rounds of {steps} steps")
    for name, (_, *values) in speeds.items():  # the first round warms up
        print(f"  {name:10s} {statistics.median(values):9,.0f}   ({min(values):,.0f} to {max(values):,.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--encoder", default="resnet10")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    device, workers = pick_device(), torch.get_num_threads()
    print(f"{hardware_name(device)}, {workers} threads or workers, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        make_photos(Path(folder), options.images)
        compare_decoding(Path(folder))
        data = DataConfig(name="photos", image_size=SIDE)
        memory, streamed = (load_data(data, Path(folder), stream=stream) for stream in (False, True))
        assert isinstance(streamed.train.images, StreamedImages)
        print("\nImages decoded a second; ms of a worker's processor for each; small operations launched a second")
        print(f"  none      {launch_beside(itertools.repeat(0)).launches:38,.0f}")
        files = streamed.train.images
        for name, source in (
            ("threads", by_threads(files, options.batch)),
            ("processes", by_processes(files, options.batch, device)),
            ("own shapes", by_processes(replace(files, longest=LONGEST), options.batch, device)),
        ):
            with closing(source):  # or it goes on beside what is measured next
                rates = launch_beside(source)
            print(f"  {name:10s}{rates.images:12,.0f} {rates.worker:12.2f} {rates.launches:12,.0f}")
        config = PretrainConfig.model_validate(
            {
                "data": data.model_dump(),
                "encoder": {"name": options.encoder, "width": options.width},
                "schedule": {"warmup_epochs": 1},
                "batch_size": options.batch,
            }
        )
        trainings = {"in memory": Training(config, memory), "streamed": Training(config, streamed)}
        compare_training(trainings, options.rounds, options.steps)


if __name__ == "__main__":
    main()

"""Images that are decoded while they are used, against the same images in memory. Makes its own JPEGs.

    python benchmarks/streaming.py                                                          # a processor
    python benchmarks/streaming.py --encoder resnet50 --width 1 --batch 512 --images 16384  # a GPU

What decoding costs on one core, with a JPEG's own scaling and in full. How many images a second are decoded by
threads and by worker processes, and how many small operations the main thread launches a second meanwhile, as it
does to keep a GPU busy. Training, in rounds that take turns.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import torch
from PIL import Image

from core import DataConfig, PretrainConfig, load_data
from core.config.data import BATCHES_AHEAD
from core.data import decode as decoding
from core.data.ahead import decode_ahead
from core.data.batches import batches_from
from core.data.decode import decode
from core.data.streamed import StreamedImages
from core.hardware import hardware_name, pick_device
from core.pretraining.training import Training

SIDE = 224
SMALL, LARGE = (500, 375), (4000, 3000)
DISTINCT = 256
"""Different JPEGs; the others are links to them."""
SECONDS = 5.0
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


def compare_scaling(root: Path) -> None:
    small, large = root / "photos/train/all/000000.jpg", root / "large.jpg"
    save_photo(large, LARGE)
    print(f"\nDecoding to {SIDE} pixels on one core, milliseconds an image")
    for path, (width, height), count in ((small, SMALL, 200), (large, LARGE, 5)):
        (scaled, pixels), (full, expected) = (decode_often(path, count, margin) for margin in (decoding.MARGIN, 10**6))
        difference = (pixels.int() - expected.int()).abs()
        print(
            f"  {width} x {height}, {path.stat().st_size / 1e3:,.0f} kB: {scaled:.2f}, in full {full:.2f}; values "
            f"differ by {difference.float().mean():.2f} of 255, at most {difference.max()}"
        )


def decode_often(path: Path, count: int, margin: int) -> tuple[float, torch.Tensor]:
    """Milliseconds of this thread alone, so that what else runs on the machine counts less; and the pixels."""
    usual, decoding.MARGIN = decoding.MARGIN, margin
    start = time.thread_time()
    for _ in range(count):
        pixels = decode(str(path), SIDE)
    decoding.MARGIN = usual
    return 1000 * (time.thread_time() - start) / count, pixels


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


def launch_beside(decoded: Iterator[int]) -> tuple[float, float]:
    """Images decoded a second, and small operations launched a second, some after every batch as in a training."""
    for _ in range(BATCHES_AHEAD + 1):
        next(decoded)
    values, images, launched, launching, start = torch.ones(8), 0, 0, 0.0, time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        images += next(decoded)
        begun = time.perf_counter()
        for _ in range(LAUNCHES):
            values = values * 1.0
        launched, launching = launched + LAUNCHES, launching + time.perf_counter() - begun
    return images / (time.perf_counter() - start), launched / launching


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
        compare_scaling(Path(folder))
        data = DataConfig(name="photos", image_size=SIDE)
        memory, streamed = (load_data(data, Path(folder), stream=stream) for stream in (False, True))
        assert isinstance(streamed.train.images, StreamedImages)
        print("\nImages decoded a second, of them by each worker; small operations launched a second meanwhile")
        print(f"  none      {launch_beside(itertools.repeat(0))[1]:34,.0f}")
        files = streamed.train.images
        for name, source in (
            ("threads", by_threads(files, options.batch)),
            ("processes", by_processes(files, options.batch, device)),
        ):
            with closing(source):  # or it goes on beside what is measured next
                images, launched = launch_beside(source)
            print(f"  {name:10s}{images:10,.0f} {images / workers:10,.0f} {launched:12,.0f}")
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

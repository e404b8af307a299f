"""An image folder of JPEG files."""

import random
from pathlib import Path

from PIL import Image

COUNTS = {"train": 40, "test": 10}
CLASSES = ("amber", "blue", "coral", "denim")


def make_photos(folder: Path) -> None:
    """Noise of a colour for each class; always the same."""
    draw = random.Random(0)
    for split, count in COUNTS.items():
        for position, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                noise = draw.randbytes(3 * 24 * 24)
                pixels = bytes((value // 2 + 60 * (at % 3 == position)) % 256 for at, value in enumerate(noise))
                Image.frombytes("RGB", (24, 24), pixels).save(folder / split / name / f"{number}.jpg")

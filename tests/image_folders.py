"""Folders of images as a user keeps them."""

from pathlib import Path

import numpy as np
from PIL import Image

FORMATS = ("png", "jpg", "jpeg", "webp")


def make_folder(root: Path, classes: int = 3, train: int = 4, test: int = 2, side: int = 20) -> Path:
    """``<root>/{train,test}/<class>/*`` in all formats; the red channel tells the class."""
    for split, count in (("train", train), ("test", test)):
        for number in range(classes):
            folder = root / split / f"class{number}"
            folder.mkdir(parents=True)
            for image in range(count):
                pixels = np.full((side + image, side, 3), (60 * number, 100, 30 * image), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{image}.{FORMATS[image % 4]}")
    return root

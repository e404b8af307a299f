"""Small stand-ins for the data sets of Table 8, as torchvision lays them out on disk.

An image's red tells its class, its blue the split that it was made for; no two sizes are alike.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from torchvision import datasets

RED = 50
BLUE = {"train": 0, "trainval": 0, "val": 80, "test": 160, "unused": 240}
PER_CLASS = 3

Item = tuple[int, int]
"""Class and number of an image."""


def photo(path: Path, label: int, split: str, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((20 + number % 7, 24 + label, 3), (RED * label, 100, BLUE[split]), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def items(classes: Iterable[object]) -> list[Item]:
    """Class and number of each image, in an order other than that of the classes."""
    count = len(list(classes))
    return [(label, number) for number in range(PER_CLASS) for label in reversed(range(count))]


def write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def food101(root: Path) -> tuple[str, ...]:
    classes, folder = ("apple_pie", "ramen", "waffles"), root / "food-101"
    for split in ("train", "test"):
        names = {name: [f"{name}/{split}{number}" for number in range(PER_CLASS)] for name in reversed(classes)}
        write(folder / "meta" / f"{split}.json", [json.dumps(names)])
        for label, number in items(classes):
            photo(folder / "images" / f"{classes[label]}/{split}{number}.jpg", label, split, number)
    return classes


def dtd(root: Path) -> tuple[str, ...]:
    """Write DTD. Only the images of the first partition are used."""
    classes, folder = ("banded", "dotted", "zigzagged"), root / "dtd" / "dtd"
    for split, file in (("train", "train1"), ("val", "val1"), ("test", "test1"), ("unused", "train2")):
        names = {item: f"{classes[item[0]]}/{split}_{item[1]}.jpg" for item in items(classes)}
        write(folder / "labels" / f"{file}.txt", names.values())
        for (label, number), name in names.items():
            photo(folder / "images" / name, label, split, number)
    return classes


def aircraft(root: Path) -> tuple[str, ...]:
    """Write FGVC Aircraft. Its classes are the variants, in the order of their list."""
    classes, folder = ("707-320", "Boeing 737-200", "A300B4"), root / "fgvc-aircraft-2013b" / "data"
    write(folder / "variants.txt", classes)
    for place, split in enumerate(("trainval", "test")):
        names = {item: f"{place}{item[0]}{item[1]}" for item in items(classes)}
        write(folder / f"images_variant_{split}.txt", [f"{name} {classes[item[0]]}" for item, name in names.items()])
        for (label, number), name in names.items():
            photo(folder / "images" / f"{name}.jpg", label, split, number)
    return classes


def pets(root: Path) -> tuple[str, ...]:
    classes, folder = ("Abyssinian", "Basset Hound", "Sphynx"), root / "oxford-iiit-pet"
    for place, split in enumerate(("trainval", "test")):
        lines = []
        for label, number in items(classes):
            name = f"{classes[label].replace(' ', '_')}_{place}{number}"
            lines.append(f"{name} {label + 1} 1 1")
            photo(folder / "images" / f"{name}.jpg", label, split, number)
        write(folder / "annotations" / f"{split}.txt", lines)
    return classes


def flowers102(root: Path) -> tuple[str, ...]:
    """Write Flowers. Three of its 102 classes have images."""
    folder, labels = root / "flowers-102", []
    ids: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    for split, numbers in ids.items():
        for label, number in items(range(3)):
            labels.append(label + 1)
            numbers.append(len(labels))
            photo(folder / "jpg" / f"image_{len(labels):05d}.jpg", label, split, number)
    savemat(folder / "imagelabels.mat", {"labels": labels})
    savemat(folder / "setid.mat", {"trnid": ids["train"], "valid": ids["val"], "tstid": ids["test"]})
    return tuple(datasets.Flowers102.classes)


def trust_flowers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make torchvision accept the checksums of these files in place of those of the real ones."""
    files = {"label": "imagelabels.mat", "setid": "setid.mat"}
    sums = {key: hashlib.md5((root / "flowers-102" / file).read_bytes()).hexdigest() for key, file in files.items()}
    for key, file in files.items():
        monkeypatch.setitem(datasets.Flowers102._file_dict, key, (file, sums[key]))


def cars(root: Path) -> tuple[str, ...]:
    classes, folder = (
        ("AM General Hummer SUV 2000", "Acura RL Sedan 2012", "Volvo 240 Sedan 1993"),
        root / "stanford_cars",
    )
    (folder / "devkit").mkdir(parents=True)
    savemat(folder / "devkit" / "cars_meta.mat", {"class_names": np.array(classes, dtype=object)})
    for split, file in (("train", "devkit/cars_train_annos.mat"), ("test", "cars_test_annos_withlabels.mat")):
        rows = [(f"{label}{number}.jpg", label + 1) for label, number in items(classes)]
        savemat(folder / file, {"annotations": np.array(rows, dtype=[("fname", "O"), ("class", "O")])})
        for label, number in items(classes):
            photo(folder / f"cars_{split}" / f"{label}{number}.jpg", label, split, number)
    return classes


def sun397(root: Path) -> tuple[str, ...]:
    """Write SUN397. Most images are in neither list of the first partition."""
    places, folder = ("/a/abbey", "/a/apartment_building/outdoor", "/z/zoo"), root / "SUN397"
    write(folder / "ClassName.txt", places)
    for split, file in (("train", "Training_01"), ("test", "Testing_01"), ("unused", "Training_02")):
        names = {item: f"{places[item[0]]}/sun_{split}{item[1]}.jpg" for item in items(places)}
        write(folder / f"{file}.txt", names.values())
        for (label, number), name in names.items():
            photo(folder / name[1:], label, split, number)
    return tuple(place[3:] for place in places)


def caltech101(root: Path) -> tuple[str, ...]:
    """Write Caltech-101: three classes of 33, 34 and 35 images, without a split."""
    classes, folder = ("BACKGROUND_Google", "Faces", "accordion"), root / "caltech101" / "101_ObjectCategories"
    for label, name in enumerate(classes):
        for number in range(33 + label):
            photo(folder / name / f"image_{number + 1:04d}.jpg", label, "unused", number)
    write(folder / "BACKGROUND_Google" / "tmp", ["as in the real archive"])
    return classes


VOC_CLASSES = ("aeroplane", "bird", "sofa")
VOC_LABELS = ((1, 0, 0), (1, -1, 0), (0, 0, 1), (0, 1, 1))
"""Labels of a split's images, in order; -1 where every object of a class is difficult."""


def voc2007(root: Path) -> tuple[str, ...]:
    """Write VOC 2007. The red channel of an image is the number of its first label."""
    folder, written = root / "VOCdevkit" / "VOC2007", {1: " 1", 0: "-1", -1: " 0"}
    for place, split in enumerate(("trainval", "test")):
        names = [f"{place}{number:05d}" for number in range(len(VOC_LABELS))]
        write(folder / "ImageSets" / "Main" / f"{split}.txt", names)
        for column, label in enumerate(VOC_CLASSES):
            lines = [f"{name} {written[labels[column]]}" for name, labels in zip(names, VOC_LABELS, strict=True)]
            write(folder / "ImageSets" / "Main" / f"{label}_{split}.txt", lines)
        for number, (name, labels) in enumerate(zip(names, VOC_LABELS, strict=True)):
            photo(folder / "JPEGImages" / f"{name}.jpg", labels.index(1), split, number)
    return VOC_CLASSES


BY_SPLIT: dict[str, Callable[[Path], tuple[str, ...]]] = {
    "food101": food101,
    "dtd": dtd,
    "aircraft": aircraft,
    "pets": pets,
    "flowers102": flowers102,
    "cars": cars,
    "sun397": sun397,
}
"""Data sets that come with splits and have one label an image."""

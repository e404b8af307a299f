"""One small set of images in every form that a source may have."""

import csv
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from core import DataConfig

SIDE = 8
CLASSES = ("cat", "dog")
TRAIN, TEST = 6, 4


def picture(split: str, number: int) -> np.ndarray:
    """An image whose red tells its split, and whose green tells its number."""
    return np.full((SIDE, SIDE, 3), (100 * (split == "test"), 10 * number, 100), np.uint8)


def pictures(split: str) -> tuple[np.ndarray, list[int]]:
    """Images of a split, and their classes in turn."""
    count = TRAIN if split == "train" else TEST
    return np.stack([picture(split, number) for number in range(count)]), [number % 2 for number in range(count)]


def write_files(folder: Path) -> list[dict[str, str]]:
    """Image files, and the rows of a manifest for them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for split in ("train", "test"):
        for number, (image, label) in enumerate(zip(*pictures(split), strict=True)):
            Image.fromarray(image).save(folder / f"{split}{number}.png")
            rows.append({"path": f"{folder.name}/{split}{number}.png", "label": CLASSES[label], "split": split})
    return rows


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def make_csv(root: Path) -> str:
    write_csv(root / "own.csv", write_files(root / "files"))
    return "own.csv"


def make_parquet(root: Path) -> str:
    rows = write_files(root / "own" / "files")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), root / "own/manifest.parquet")
    return "own"


def arrays(**more: Any) -> dict[str, Any]:
    (x_train, y_train), (x_test, y_test) = map(pictures, ("train", "test"))
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test, "classes": CLASSES} | more


def make_npz(root: Path) -> str:
    np.savez(root / "own.npz", **arrays())
    return "own.npz"


def make_npy(root: Path) -> str:
    (root / "own").mkdir()
    for name, array in arrays().items():
        np.save(root / "own" / f"{name}.npy", array)
    return "own"


def make_hugging_face(root: Path) -> str:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=list(CLASSES))})
    splits = {}
    for split in ("train", "test"):
        images, labels = pictures(split)
        rows = {"img": [Image.fromarray(image) for image in images], "label": labels}
        splits[split] = datasets.Dataset.from_dict(rows, features)
    datasets.DatasetDict(splits).save_to_disk(root / "own")
    return "own"


def encoded(image: np.ndarray) -> bytes:
    """An image as the bytes of a PNG."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def members(split: str, part: slice = slice(None)) -> list[tuple[str, bytes]]:
    """The members of a WebDataset tar: images, each followed by its label."""
    numbered = list(enumerate(zip(*pictures(split), strict=True)))[part]
    files = (
        ((f"{n:04}.png", encoded(image)), (f"{n:04}.cls", CLASSES[label].encode())) for n, (image, label) in numbered
    )
    return [member for both in files for member in both]


def make_tars(root: Path) -> str:
    """Two shards of the training images, and one of the others."""
    for number, part in enumerate((slice(0, 4), slice(4, None))):
        write_tar(root / f"own/train-{number:06}.tar", members("train", part))
    write_tar(root / "own/test-000000.tar", members("test"))
    return "own"


def write_parquet(path: Path, split: str, part: slice = slice(None)) -> None:
    """A shard as Hugging Face has it, in row groups of two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images, labels = pictures(split)
    rows = {
        "image": [{"bytes": encoded(image), "path": None} for image in images[part]],
        "label": labels[part],
    }
    names = {"info": {"features": {"label": {"names": CLASSES, "_type": "ClassLabel"}}}}
    table = pyarrow.table(rows).replace_schema_metadata({"huggingface": json.dumps(names)})
    pyarrow.parquet.write_table(table, path, row_group_size=2, compression="none", use_dictionary=False)


def make_parquet_shards(root: Path) -> str:
    """Shards in a folder ``data``, as the Hugging Face Hub has them."""
    for number, part in enumerate((slice(0, 4), slice(4, None))):
        write_parquet(root / f"own/data/train-{number:05}-of-00002.parquet", "train", part)
    write_parquet(root / "own/data/test-00000-of-00001.parquet", "test")
    return "own"


MAKERS = (make_csv, make_parquet, make_npz, make_npy, make_hugging_face, make_tars, make_parquet_shards)


def own(name: str, **more: Any) -> DataConfig:
    """The set of that name at its own size."""
    return DataConfig(name=name, image_size=SIDE, **more)

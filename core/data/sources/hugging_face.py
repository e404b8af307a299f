"""A Hugging Face dataset on disk, as ``Dataset.save_to_disk`` writes it. Needs the package ``datasets``."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.data.catalog import NO_LABEL, Listing
from core.data.sources.found import LABELS, TESTS, Found
from core.data.sources.inside import place_inside
from core.errors import DataError

MARKS = ("dataset_dict.json", "dataset_info.json")
"""Files of a folder with several splits, and of a folder with one."""
SPLIT_NAMES = {"validation": TESTS[1], "valid": TESTS[1]}


def is_hugging_face(root: Path) -> bool:
    """Whether ``save_to_disk`` wrote the folder."""
    return any((root / name).is_file() for name in MARKS)


def read_hugging_face(root: Path) -> Found:
    """List the rows of every split. Raises ``DataError`` where the package is missing, or no column has images or
    classes."""
    splits = _loaded(root, _changed(root))
    classes: tuple[str, ...] = ()
    listings: dict[str, Listing] = {}
    for name, rows in splits.items():
        _image_column(root, rows)
        column = next((column for column in LABELS if column in rows.column_names), None)
        if column is None and name in ("train", "test", "validation", "valid", "val", ""):
            raise DataError(f"{root}: {name or 'it'} has no column {' or '.join(LABELS)}; rename the one with classes")
        labels = [NO_LABEL] * len(rows) if column is None else rows[column]
        if column is not None:
            classes = classes or _classes(root, rows, column)
        listings[SPLIT_NAMES.get(name, name)] = tuple(
            (place_inside(root, name, number), label) for number, label in enumerate(labels)
        )
    return Found(classes, listings)


@contextmanager
def row_image(root: Path, inside: str) -> Iterator[Image.Image]:
    """Yield the image of a row. Raises as ``PIL.Image.open`` does."""
    split, _, number = inside.rpartition("/")
    rows = _loaded(root, _changed(root))[split]
    value = rows[int(number)][_image_column(root, rows)]
    source = BytesIO(value["bytes"]) if value["bytes"] is not None else value["path"]
    with Image.open(source) as image:
        yield image


def _classes(root: Path, rows: Any, column: str) -> tuple[str, ...]:
    names = getattr(rows.features[column], "names", None)
    if not names:
        raise DataError(f"{root}: the column {column} has no names of classes; use class_encode_column({column!r})")
    return tuple(names)


def _image_column(root: Path, rows: Any) -> str:
    column = next((name for name, kind in rows.features.items() if type(kind).__name__ == "Image"), None)
    if column is None:
        raise DataError(f"{root} has no column of images, only {', '.join(rows.column_names)}; cast one to Image()")
    return str(column)


def _changed(root: Path) -> int:
    return max((root / name).stat().st_mtime_ns for name in MARKS if (root / name).is_file())


@lru_cache(maxsize=4)
def _loaded(root: Path, changed: int) -> dict[str, Any]:
    """The splits of a folder that was last changed at this time, their images not decoded."""
    try:
        import datasets
    except ImportError as error:
        raise DataError(
            f"{root} is a Hugging Face dataset; install the package for it: pip install 'simclr-ablations[hf]'"
        ) from error
    try:
        found = datasets.load_from_disk(str(root))
    except Exception as error:  # of pyarrow, of fsspec, of datasets itself
        raise DataError(f"{root}: is no whole Hugging Face dataset ({error}); save it again") from error
    splits = dict(found) if isinstance(found, datasets.DatasetDict) else {"": found}
    return {name: _undecoded(root, rows) for name, rows in splits.items()}


def _undecoded(root: Path, rows: Any) -> Any:
    from datasets import Image as Picture

    return rows.cast_column(_image_column(root, rows), Picture(decode=False))

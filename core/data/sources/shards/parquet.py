"""Parquet shards: a column of encoded images, and a column of labels. Hugging Face's ``{bytes, path}`` are images too.

An image is read with all others of its row group, so shards with small row groups are fast.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from core.data.catalog import NO_LABEL
from core.data.sources.found import LABELS, Found
from core.data.sources.manifest import NAMES as MANIFESTS
from core.data.sources.shards.layout import UNREADABLE, Member, Shard, read_shards, shards_at
from core.errors import DataError

PARQUET = ".parquet"
IMAGES = ("image", "img", "jpg", "png")
"""Columns of images where several are of bytes, the first that is there counts."""
ADD_LABEL = f"write one, rename its column to {LABELS[0]}, or begin the shard's name with unlabelled-"
BAD_LABELS = "labels that are no class; write whole numbers or names"
LARGE = 2**26
"""Bytes of images in a row group from which one is slow to read at random."""
SLOW = "row groups above 64 MiB, each read as a whole for one image; write them with row_group_size=100"


def is_parquet(root: Path) -> bool:
    """Whether it is a Parquet file with images, or a folder of Parquet files that has no manifest."""
    shards = shards_at(root, (PARQUET,))
    if not shards or any(path.name in MANIFESTS for path in shards):
        return False
    return root.is_dir() or _has_images(root)


def read_parquet(root: Path) -> Found:
    """List the rows of all shards. ``problems`` has what is wrong with them. Raises ``DataError`` where one has no
    column of images, or some have no split."""
    shards = shards_at(root, (PARQUET,))
    names = {_class_names(path) for path in shards}
    return read_shards(root, shards, _read, ADD_LABEL, names.pop() if len(names) == 1 else ())


@contextmanager
def parquet_image(container: Path, inside: str) -> Iterator[Image.Image]:
    """Yield the image of a row. Raises as ``PIL.Image.open`` does."""
    group, row = map(int, inside.partition("/")[0].split("+"))
    value = _group(container, container.stat().st_mtime_ns, group)[row].as_py()
    content = value.get("bytes") if isinstance(value, dict) else value
    if content is None:
        raise ValueError("the row has no bytes; write the image itself into the shard, not its path")
    with Image.open(BytesIO(content)) as image:
        yield image


@lru_cache(maxsize=2)
def _group(path: Path, changed: int, group: int) -> Any:
    """The column of images of a row group of a file that was last changed at this time."""
    with _opened(path) as file:
        return file.read_row_group(group, columns=[_image_column(path, file.schema_arrow)]).column(0)


def _opened(path: Path) -> Any:
    import pyarrow.parquet  # here, since it takes a while to import

    return pyarrow.parquet.ParquetFile(path)


def _read(path: Path) -> Shard:
    try:
        with _opened(path) as file:
            image = _image_column(path, file.schema_arrow)
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
            column = next((name for name in LABELS if name in file.schema_arrow.names), None)
            labels = file.read(columns=[column]).column(0).to_pylist() if column else [None] * sum(sizes)
            slow = [f"row group {group}" for group in range(len(sizes)) if _image_bytes(file, group, image) > LARGE]
    except DataError:
        raise
    except (OSError, ValueError):
        return Shard(problems={UNREADABLE: [""]})
    names, places = _class_names(path), ((group, row) for group, size in enumerate(sizes) for row in range(size))
    texts = [_text(label, names) for label in labels]
    bad = [f"row {number}: {labels[number]!r:.40}" for number, text in enumerate(texts) if text is None]
    images = [
        Member(f"{group}+{row}/row {number}", text or "")
        for number, ((group, row), text) in enumerate(zip(places, texts, strict=True))
    ]
    return Shard(images, {BAD_LABELS: bad} if bad else {}, {SLOW: slow} if slow else {})


def _text(label: Any, names: tuple[str, ...]) -> str | None:
    """A label as the name of its class; empty for none, None where it is no label."""
    if label is None or label == NO_LABEL:
        return ""
    if isinstance(label, bool) or not isinstance(label, str | int):
        return None
    if not names or isinstance(label, str):
        return str(label)
    return names[label] if 0 <= label < len(names) else None


def _image_bytes(file: Any, group: int, image: str) -> int:
    found = file.metadata.row_group(group)
    columns = [found.column(number) for number in range(found.num_columns)]
    return sum(one.total_uncompressed_size for one in columns if one.path_in_schema.partition(".")[0] == image)


def _image_column(path: Path, schema: Any) -> str:
    """The column of images. Raises ``DataError`` where there is none, or one cannot be told."""
    from pyarrow import types

    def holds_bytes(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    def holds_images(kind: Any) -> bool:
        inner = [one for one in kind if one.name == "bytes"] if types.is_struct(kind) else []
        return holds_bytes(kind) or any(holds_bytes(one.type) for one in inner)

    found = [one.name for one in schema if holds_images(one.type)]
    named = [name for name in IMAGES if name in found] or (found if len(found) == 1 else [])
    if not named:
        raise DataError(
            f"{path} has {'several columns' if found else 'no column'} of images, only {', '.join(schema.names)}; "
            f"call one of encoded images {IMAGES[0]}"
        )
    return str(named[0])


def _has_images(path: Path) -> bool:
    """Whether a Parquet file has a column of images; a manifest has none."""
    try:
        with _opened(path) as file:
            return bool(_image_column(path, file.schema_arrow))
    except (OSError, ValueError):
        return False


def _class_names(path: Path) -> tuple[str, ...]:
    """The names of the classes that Hugging Face keeps beside the rows; none of another file."""
    try:
        with _opened(path) as file:
            about = json.loads((file.schema_arrow.metadata or {}).get(b"huggingface", b"{}"))
        features = about["info"]["features"]
        return tuple(next(features[name]["names"] for name in LABELS if "names" in features.get(name, {})))
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return ()

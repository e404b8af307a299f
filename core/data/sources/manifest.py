"""A manifest: a table in CSV or Parquet with the path, the label and the split of each image."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.data.catalog import NO_LABEL
from core.data.sources.found import SPLIT_WORDS, TESTS, TRAIN, WITHOUT_LABELS, Found
from core.errors import DataError

NAMES = ("manifest.csv", "manifest.parquet")
SUFFIXES = (".csv", ".parquet")
PATH, LABEL, SPLIT = "path", "label", "split"

Row = tuple[int, str, str, str]
"""Number of a row as an editor counts lines, its path, label and split; empty where it has none."""


def is_manifest(root: Path) -> bool:
    """Whether it is a manifest, or a folder with one and without a folder ``train``."""
    if root.suffix in SUFFIXES:
        return root.is_file()
    return not (root / TRAIN).is_dir() and any((root / name).is_file() for name in NAMES)


def read_manifest(root: Path) -> Found:
    """List the images of a manifest; paths are relative to its folder. ``problems`` has all its mistakes. Raises
    ``DataError`` where it cannot be read or lacks a column."""
    path = root if root.is_file() else next(root / name for name in NAMES if (root / name).is_file())
    rows = _rows(path)
    problems = {kind: places for kind, places in _problems(path, rows) if places}
    classes = tuple(sorted({label for _, _, label, _ in rows if label}))
    numbers = {label: number for number, label in enumerate(classes)} | {"": NO_LABEL}
    splits: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for _, image, label, split in rows:
        splits[SPLIT_WORDS.get(split, split)].append((str(path.parent / image), numbers[label]))
    return Found(classes, {name: tuple(listing) for name, listing in splits.items()}, problems)


def _rows(path: Path) -> list[Row]:
    try:
        named = list(_parquet(path) if path.suffix == ".parquet" else _csv(path))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); write it again as UTF-8") from error
    if not named:
        raise DataError(f"{path}: has no rows; give each image one, with its path, label and split")
    columns = list(named[0][1])
    if missing := [name for name in (PATH, LABEL) if name not in columns]:
        raise DataError(f"{path}: has no column {' and '.join(missing)}, only {', '.join(columns)}; rename one")
    return [(line, *(_text(row.get(name)) for name in (PATH, LABEL, SPLIT))) for line, row in named]  # type: ignore[misc]


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, row


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow.parquet  # here, since it takes a while to import

    return enumerate(pyarrow.parquet.read_table(path).to_pylist(), start=1)


def _problems(path: Path, rows: list[Row]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The problems with their remedies, and the rows of each."""

    def where(kind: str, found: Iterator[tuple[Row, str]]) -> tuple[str, tuple[str, ...]]:
        return kind, tuple(f"{path.name}:{row[0]}: {told}" for row, told in found)

    known = ", ".join((*SPLIT_WORDS, *WITHOUT_LABELS))
    is_split = any(split for *_, split in rows)
    trained = {label for *_, label, split in rows if SPLIT_WORDS.get(split, TRAIN) == TRAIN}
    lines = {image: line for line, image, *_ in reversed(rows)}
    yield where("rows without a path; write one or remove them", ((row, "no path") for row in rows if not row[1]))
    yield where(
        "rows whose file is not there; put it there or remove them",
        ((row, row[1]) for row in rows if row[1] and not (path.parent / row[1]).is_file()),
    )
    yield where(
        f"rows of no known split; write {known}",
        ((row, row[3] or "no split") for row in rows if is_split and row[3] not in (*SPLIT_WORDS, *WITHOUT_LABELS)),
    )
    yield where(
        "rows without a label; write one, or the split unlabelled",
        ((row, row[1]) for row in rows if not row[2] and row[3] not in WITHOUT_LABELS),
    )
    yield where(
        "rows of the split unlabelled that have a label; take it away or change the split",
        ((row, row[2]) for row in rows if row[2] and row[3] in WITHOUT_LABELS),
    )
    yield where(
        "test rows whose label is not in train; add training images or remove them",
        ((row, row[2]) for row in rows if row[2] and SPLIT_WORDS.get(row[3]) in TESTS and row[2] not in trained),
    )
    yield where(
        "rows with a path that came before; remove one of both",
        ((row, f"{row[1]}, as in row {lines[row[1]]}") for row in rows if row[1] and lines[row[1]] != row[0]),
    )

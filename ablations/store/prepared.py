"""Notes of data sets that this machine has decoded, so that a run need not import PyTorch, which takes seconds.

A note is an empty file beside the decoded images. Its name is a digest of the data set's configuration, of the names,
sizes and times of its files, and of the code that decodes them: if any of these changes, there is no such note.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import core.data
from ablations.store.data_copies import FOLDERS
from core.config import DataConfig
from core.data.catalog import DRAWN
from core.data.sources.manifest import is_manifest
from core.files import cache_dir

MOST_FILES = 20_000
"""Files of a data set beyond which no note is kept: to look at all of them takes longer than PyTorch's import."""


def is_prepared(config: DataConfig, data_dir: Path) -> bool:
    """Whether the data set was decoded on this machine, and has not changed since."""
    note = _note(config, data_dir)
    return note is not None and note.exists()


def note_prepared(config: DataConfig, data_dir: Path) -> None:
    """Write the note that the data set is decoded; do nothing if the cache cannot be written."""
    if note := _note(config, data_dir):
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()


def _note(config: DataConfig, data_dir: Path) -> Path | None:
    digest = hashlib.sha256(f"{_code()}\n{config.model_dump_json()}\n".encode())
    if config.name not in DRAWN:
        places = [data_dir / FOLDERS.get(config.name, config.name)]
        if is_manifest(places[0]) or (config.unlabelled and is_manifest(data_dir / config.unlabelled)):
            return None  # its images may lie anywhere
        if config.unlabelled:
            places.append(data_dir / config.unlabelled)
        digest.update(f"{places[0].resolve()}\n".encode())
        for number, line in enumerate(line for place in places for line in _lines(place)):
            if number == MOST_FILES:
                return None
            digest.update(line.encode("utf-8", "surrogateescape"))
    return cache_dir() / "images" / "prepared" / digest.hexdigest()


def _lines(folder: Path) -> Iterator[str]:
    """A line for each file below the folder, in order; for a file, its own."""
    if folder.is_file():
        stat = folder.stat()
        yield f"{folder}\0{stat.st_size}\0{stat.st_mtime_ns}\n"
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            with suppress(FileNotFoundError):  # a link to nothing
                stat = Path(parent, name).stat()
                yield f"{parent}/{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n"


@cache
def _code() -> str:
    """Digest of the code that reads data sets."""
    sources = sorted(Path(core.data.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()

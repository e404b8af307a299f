"""The fingerprint of a data set of files: what its images are, whatever their folder is called and however old it is.

It is a hash of each file's split, class, name, size and content. Up to ``WHOLE`` bytes, every content is read. Larger
sets, such as ImageNet, would take minutes: there the contents of a sample of ``SAMPLE`` bytes are read, and for all
other files names and sizes count. The version of the decoding is hashed too.

Paths of folders, times and the order of files do not count. An unchanged set costs a look at the size and the times of
each file.
"""

import hashlib
import json
import platform
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from core.config.data import DataConfig
from core.data.catalog import ImageFiles, Label, Listing
from core.data.sources.inside import MARK, container_of
from core.data.sources.shards import SUFFIXES as SHARDS
from core.errors import DataError, MissingData, OtherData
from core.files import cache_dir, write_text

DECODING = 3
"""Version of the pixels that a file gives. It is in every fingerprint and in the names of decoded images; raise it when
the pixels change."""
WHOLE = 2**30
"""Bytes of a data set up to which the contents of all files are read."""
SAMPLE = 2**28
"""Bytes of the sample of files whose contents are read of a larger one."""
SETTLED = 2.0
"""Seconds since its last change after which a file's times are trusted to show the next change."""
AT_ONCE = 16
"""Threads that look at files: on a network file system each look waits for an answer."""
PART = 1000
"""Files that a thread looks at in one go."""


class Item(NamedTuple):
    """A file of a data set, and what it is there."""

    split: str
    """Name of the split, or ``skipped``; empty for a file that holds images of both, such as an array."""
    label: str
    """Name of its class; empty for none. For a shard, a hash of its images."""
    path: str


@dataclass(frozen=True)
class Fingerprint:
    """The kind of the files of a data set."""

    value: str
    """16 hex digits."""
    files: int
    bytes: int
    """Size of all files."""
    bytes_read: int
    """Size of the files whose contents count."""

    def __str__(self) -> str:
        """``0f3a..., of 60 files`` with what counts of a large set."""
        sampled = f", contents of {self.bytes_read / 2**20:,.0f} MiB of {self.bytes / 2**20:,.0f}"
        return f"{self.value}, of {self.files:,} files{'' if self.bytes_read == self.bytes else sampled}"


class FoundFile(NamedTuple):
    """A file of images, and what tells cheaply whether it changed."""

    item: Item
    size: int
    times: tuple[int, int]
    """Times of the last change of the content, and of anything about the file, in nanoseconds."""

    @property
    def line(self) -> str:
        name = unicodedata.normalize("NFC", Path(self.item.path).name)  # macOS may store another form of é
        return f"{self.item.split}\0{self.item.label}\0{name}\0{self.size}"


def items_of(files: ImageFiles) -> Iterator[Item]:
    """Return the items of a data set. An image with several labels has them as numbers. A file that holds images, such
    as an array, is one item; so is a shard, with a hash of its images' splits, classes and places for a class, which
    counts whether its content is read or not. Images that were left out, since they do not decode, are items of the
    split ``skipped``.
    """
    holders: dict[Path, list[str]] = {}
    for split, listing in (("train", files.train), ("test", files.test)):
        for path, label in listing:
            if MARK in path:
                container, inside = container_of(path)
                holders.setdefault(container, []).append(f"{split}\0{_label(label, files.classes)}\0{inside}")
            else:
                yield Item(split, _label(label, files.classes), path)
    shards = {holder: lines for holder, lines in holders.items() if holder.suffix in SHARDS}
    yield from (Item("", _digest(lines)[:16], str(shard)) for shard, lines in shards.items())
    held = dict.fromkeys(path for holder in holders if holder not in shards for path in _files_of(holder))
    yield from (Item("", "", str(path)) for path in held)
    yield from (Item("skipped", "", path) for path in files.skipped if MARK not in path)


def _files_of(holder: Path) -> list[Path]:
    """The files that say what images are in a holder: labels lie in arrays beside them, or in files of the folder."""
    if holder.is_dir():
        return sorted(path for path in holder.rglob("*") if path.is_file())
    return sorted(holder.parent.glob("*.npy")) if holder.suffix == ".npy" else [holder]


def fingerprint_of(items: Iterable[Item]) -> Fingerprint:
    """Return the fingerprint of a data set's files; from the user's cache where no file has changed since it was taken.

    Raises ``MissingData`` where a file is gone, and ``DataError`` where one cannot be read or they change meanwhile.
    """
    items = list(items)
    files = _looked_at(items)
    key = _digest(_stat_lines(files))
    cached = cache_dir() / "fingerprints" / f"{key}.json"
    with suppress(OSError, ValueError, TypeError):
        return Fingerprint(**json.loads(cached.read_text(encoding="utf-8")))
    begun = time.time()
    found = _taken(files)
    again = _looked_at(items)
    if _digest(_stat_lines(again)) != key:
        raise DataError(f"{Path(items[0].path).parent}: images change while they are read; wait for that to end")
    if all(max(file.times) / 1e9 < begun - SETTLED for file in again):
        with suppress(OSError):
            cached.parent.mkdir(parents=True, exist_ok=True)
            write_text(cached, json.dumps(asdict(found)))
    return found


def check_fingerprint(config: DataConfig, files: ImageFiles, data_dir: Path) -> None:
    """Raise ``OtherData`` where the images are not those of ``config.fingerprint``, if it has one."""
    if config.fingerprint is not None:
        refuse_others(config, fingerprint_of(items_of(files)).value, str(data_dir / config.name))


def refuse_others(config: DataConfig, found: str, place: str) -> None:
    """Raise ``OtherData`` where the fingerprint that was found at a place is not that of the configuration."""
    if found != config.fingerprint:
        raise OtherData(
            f"{place} on {platform.node()} has images with the fingerprint {found}, and those with "
            f"{config.fingerprint} were asked for; put these back, or ask for {found}"
        )


def stat_digest(listing: Listing) -> str:
    """Return a hash that changes where a file is added, removed, renamed, written or touched, without reading one.

    The time of the last change of anything about a file, its ctime, counts too: copying programs restore the others.
    """
    return _digest(_stat_lines(_looked_at([Item("", str(label), path) for path, label in listing])))[:16]


def _label(label: Label, classes: Sequence[str]) -> str:
    if isinstance(label, int):
        return classes[label] if label >= 0 else ""
    return ",".join(map(str, label))


def _looked_at(items: Sequence[Item]) -> list[FoundFile]:
    parts = [items[start : start + PART] for start in range(0, len(items), PART)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [file for part in pool.map(_look, parts) for file in part]


def _look(items: Sequence[Item]) -> list[FoundFile]:
    return [_look_at(item) for item in items]


def _look_at(item: Item) -> FoundFile:
    try:
        stat = container_of(item.path)[0].stat()
    except FileNotFoundError as error:
        raise MissingData(f"{item.path}: is listed, but not there; unpack the data set again") from error
    return FoundFile(item, stat.st_size, (stat.st_mtime_ns, stat.st_ctime_ns))


def _stat_lines(files: Sequence[FoundFile]) -> Iterator[str]:
    rules = f"{DECODING}/{WHOLE}/{SAMPLE}"
    yield rules
    yield from (f"{file.line}\0{file.times[0]}\0{file.times[1]}" for file in files)


def _taken(files: Sequence[FoundFile]) -> Fingerprint:
    total = sum(file.size for file in files)
    chosen = files if total <= WHOLE else _sample(files)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = list(pool.map(content_of, chosen))
    read = {id(file): content for file, content in zip(chosen, contents, strict=True)}
    lines = sorted(f"{file.line}\0{read.get(id(file), '')}" for file in files)
    value = _digest([f"images, decoded by version {DECODING}", *lines])[:16]
    return Fingerprint(value, len(files), total, sum(file.size for file in chosen))


def _sample(files: Sequence[FoundFile]) -> list[FoundFile]:
    """The files whose contents are read: the first in the order of a hash of their names, at least one."""
    chosen: list[FoundFile] = []
    left = SAMPLE
    for file in sorted(files, key=lambda file: _digest([file.line])):
        left -= file.size
        if chosen and left < 0:
            break
        chosen.append(file)
    return chosen


def content_of(file: FoundFile) -> str:
    """Return the hash of a file's content."""
    path = Path(file.item.path)
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise MissingData(f"{path}: is gone; put it back") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); repair or remove it") from error


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()

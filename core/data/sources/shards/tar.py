"""WebDataset tars: an image is a member ``key.jpg``, its label a member ``key.cls``, or ``key.json`` with a field.

A tar is read once from end to end for the places of its members, which the user's cache keeps for as long as the file
is unchanged.
"""

import hashlib
import json
import tarfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from core.data.catalog import NO_LABEL, SUFFIXES
from core.data.sources.found import LABELS, Found
from core.data.sources.shards.layout import UNREADABLE, Member, Shard, read_shards, shards_at
from core.files import cache_dir, write_text

TAR = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
BEGINNINGS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
"""First bytes of what a program has compressed."""
LABEL_ENDS = ("cls", "json")
"""Ends of the members with labels; ``cls`` counts where both are there."""
PACKED = "shards that are compressed; unpack them, since an image is read at its place in the file"
BAD_LABELS = "labels that cannot be read; KEY.cls is a whole number or a name, KEY.json has it as its field label"
ADD_LABEL = "write KEY.cls or KEY.json beside KEY.jpg, or begin the shard's name with unlabelled-"
BLOCK = 512
"""Bytes of a header, and of each of the two blocks of zeros that end a tar."""
VERSION = 1
"""Version of what the cache keeps."""
SETTLED = 2.0
"""Seconds since its last change after which a file's times are trusted to show the next change."""


def is_tars(root: Path) -> bool:
    """Whether it is a tar, or a folder of tars, compressed ones too."""
    return bool(shards_at(root, (TAR, *COMPRESSED)))


def read_tars(root: Path) -> Found:
    """List the images of all tars. ``problems`` has all that is wrong with them. Raises ``DataError`` where some have
    no split."""
    return read_shards(root, shards_at(root, (TAR, *COMPRESSED)), _kept, ADD_LABEL)


@contextmanager
def tar_image(container: Path, inside: str) -> Iterator[Image.Image]:
    """Yield the image of a member. Raises as ``PIL.Image.open`` does."""
    start, size = map(int, inside.partition("/")[0].split("+"))
    with container.open("rb") as file:
        file.seek(start)
        content = file.read(size)
    with Image.open(BytesIO(content)) as image:
        yield image


def _kept(path: Path) -> Shard:
    """The contents of a tar, from the user's cache where it has not changed since it was read."""
    stat = path.stat()
    key = f"{VERSION}\n{path.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n{stat.st_ctime_ns}"
    cached = cache_dir() / "shards" / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}.json"
    with suppress(OSError, ValueError, TypeError):
        values = json.loads(cached.read_text(encoding="utf-8"))
        return Shard(**values | {"images": [Member(*one) for one in values["images"]]})
    shard = _read(path)
    if max(stat.st_mtime, stat.st_ctime) < time.time() - SETTLED:
        with suppress(OSError):
            cached.parent.mkdir(parents=True, exist_ok=True)
            write_text(cached, json.dumps(asdict(shard)))
    return shard


def _read(path: Path) -> Shard:
    with path.open("rb") as file:
        beginning = file.read(max(map(len, BEGINNINGS)))
        if any(map(beginning.startswith, BEGINNINGS)):
            return Shard(problems={PACKED: [""]})
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                shard = _members(tar)
                end = tar.offset
        except (tarfile.TarError, OSError, EOFError):
            return Shard(problems={UNREADABLE: [""]})
        file.seek(end)
        return shard if _is_end(file) else Shard(problems={UNREADABLE: [""]})


def _members(tar: tarfile.TarFile) -> Shard:
    images: list[tuple[str, tarfile.TarInfo]] = []
    labels: dict[str, dict[str, str | None]] = {end: {} for end in LABEL_ENDS}
    notes: dict[str, list[str]] = defaultdict(list)
    for member in tar:
        name = member.name.removeprefix("./")
        stem, _, end = name.rpartition(".")
        if not member.isreg():
            continue
        if name.rpartition("/")[2].startswith("."):
            notes["hidden members, which are not read; rename those that are yours"].append(name)
        elif name.lower().endswith(SUFFIXES):
            images.append((name, member))
        elif end.lower() in labels:
            labels[end.lower()][stem] = _label(tar, member, end.lower())
        else:
            notes[f"members with the suffix .{end.lower()}, which are not read; leave them"].append(name)
    known = labels["json"] | labels["cls"]
    bad = [stem for stem, label in known.items() if label is None]
    listed = [Member(f"{one.offset_data}+{one.size}/{name}", _label_of(name, known)) for name, one in images]
    return Shard(listed, {BAD_LABELS: bad} if bad else {}, dict(notes))


def _label_of(name: str, labels: dict[str, str | None]) -> str:
    """The label of an image: of its name without its suffix, or up to the first point, as WebDataset has it."""
    folder, slash, file = name.rpartition("/")
    stem, key = name.rpartition(".")[0], f"{folder}{slash}{file.partition('.')[0]}"
    return labels.get(stem, labels.get(key)) or ""


def _label(tar: tarfile.TarFile, member: tarfile.TarInfo, end: str) -> str | None:
    """A label as text; empty where a JSON file has none, None where it is no label."""
    file = tar.extractfile(member)
    try:
        text = file.read().decode() if file else ""
        values = json.loads(text) if end == "json" else {LABELS[0]: text.strip()}
        value = next((values[name] for name in LABELS if name in values), "")
    except (ValueError, TypeError):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return "" if str(value) == str(NO_LABEL) else str(value)


def _is_end(file: BinaryIO) -> bool:
    """Whether nothing but zeros follows, at least a block: Python's reader stops without an error at a damaged header,
    at the end of a file that is cut short, and at the end of the first of two tars that were put together."""
    length = 0
    while content := file.read(2**20):
        if content.strip(b"\0"):
            return False
        length += len(content)
    return length >= BLOCK

"""The shards of a folder: which files they are, the split of each, and what they have together."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core.data.catalog import NO_LABEL, SUFFIXES
from core.data.sources.found import SPLIT_WORDS, WITHOUT_LABELS, Found, class_names
from core.data.sources.inside import place_inside
from core.errors import DataError

AT_ONCE = 16
"""Threads that list shards: on a network file system each look waits for an answer."""
EMPTY = "shards without images; put some in, or remove them"
NO_LABELS = "images without a label; "
UNREADABLE = "shards that cannot be read; copy or write them again"


class Member(NamedTuple):
    """An image of a shard."""

    inside: str
    """Place in the shard: where the image is, a slash, and its name or number."""
    label: str
    """Name or number of its class; empty for none."""

    @property
    def name(self) -> str:
        return self.inside.partition("/")[2]


@dataclass(frozen=True)
class Shard:
    """The contents of a shard."""

    images: Sequence[Member] = ()
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Faults, with the remedy, and their places in the shard; an empty place is the shard itself."""
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Notes on what is left out or slow, with the remedy, and their places in the shard."""


def shards_at(root: Path, ends: tuple[str, ...]) -> list[Path]:
    """Return the files with these ends: ``root`` itself, those in the folder, or those in its folders. None where
    images or folders of classes lie there too."""
    if root.is_file():
        return [root] if root.name.endswith(ends) else []
    if not root.is_dir():
        return []
    if found := _files(root, ends):
        return found
    for folder in _folders(root):
        inner = _files(folder, ends)
        if inner is None:
            return []
        found = [*(found or ()), *inner]
    return found or []


def read_shards(
    root: Path, shards: Sequence[Path], read: Callable[[Path], Shard], no_label: str, classes: tuple[str, ...] = ()
) -> Found:
    """List the images of all shards. ``no_label`` is the remedy for an image of a labelled split that has no label;
    ``classes`` are the names of the classes in their order, where these are known. Raises ``DataError`` where some of
    the shards have no split."""
    by_split = _by_split(root, shards)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = dict(zip(shards, pool.map(read, shards), strict=True))
    problems, notes = _gathered(root, contents, "problems"), _gathered(root, contents, "notes")
    labelled = [path for split, paths in by_split.items() if split not in WITHOUT_LABELS for path in paths]
    bare = [_shown(root, path, one.name) for path in labelled for one in contents[path].images if not one.label]
    if empty := [_shown(root, path, "") for path in shards if not (contents[path].images or contents[path].problems)]:
        problems[EMPTY] = tuple(empty)
    if bare:
        problems[NO_LABELS + no_label] = tuple(bare)
    classes = classes or class_names(one.label for path in labelled for one in contents[path].images)
    numbers = {name: number for number, name in enumerate(classes)} | {"": NO_LABEL}
    splits = {
        split: tuple(
            (place_inside(path, one.inside), NO_LABEL if split in WITHOUT_LABELS else numbers[one.label])
            for path in paths
            for one in contents[path].images
        )
        for split, paths in by_split.items()
    }
    return Found(classes, splits, problems, notes)


def _files(folder: Path, ends: tuple[str, ...]) -> list[Path] | None:
    """The folder's files with these ends, in order; None where it has images or folders too. A large folder of images
    is left at its first one."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir() or entry.name.lower().endswith(SUFFIXES):
                return None
            if entry.name.endswith(ends):
                found.append(entry.path)
    return [Path(path) for path in sorted(found)]


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _by_split(root: Path, shards: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in shards:
        found[_split(root, path)].append(path)
    if "" in found and len(found) > 1:
        others = ", ".join(filter(None, found))
        raise DataError(
            f"{found[''][0]}: its name has no split, and others have {others}; begin it with train-, test- or "
            "unlabelled-"
        )
    return dict(found)


def _split(root: Path, path: Path) -> str:
    """The split that the name of a shard, or of its folder, says; empty for none."""
    words = re.split("[^a-z]+", str(path.relative_to(root)).lower())  # a shard alone is "."
    named = dict.fromkeys(SPLIT_WORDS.get(word, word) for word in words if word in (*SPLIT_WORDS, *WITHOUT_LABELS))
    if len(named) > 1:
        raise DataError(f"{path}: its name has the splits {' and '.join(named)}; rename it")
    return next(iter(named), "")


def _gathered(root: Path, contents: Mapping[Path, Shard], kind: str) -> dict[str, tuple[str, ...]]:
    """The faults of all shards, by their kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, shard in contents.items():
        for told, places in getattr(shard, kind).items():
            found[told] += [_shown(root, path, place) for place in places]
    return {told: tuple(places) for told, places in found.items()}


def _shown(root: Path, path: Path, inside: str) -> str:
    folder = root if root.is_dir() else root.parent
    return f"{path.relative_to(folder)}{f': {inside}' if inside else ''}"

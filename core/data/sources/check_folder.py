"""Everything that is wrong with a folder of images, at once."""

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.data.catalog import SUFFIXES
from core.data.sources.finding import DataCheck, Finding, Progress, pixel_findings, some
from core.data.sources.folders import test_folder
from core.data.sources.found import TESTS, TRAIN
from core.errors import MissingData

DEEPEST = 8
"""Levels of folders that are looked at; an image deeper than its class folder is counted, and not used."""


@dataclass
class _Seen:
    """The files of the folder, by their kind."""

    images: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Files that are no images that are read, by their suffix."""
    classes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Class folders by split and by the composed form of their names."""


def check_folder(root: Path, progress: Progress = lambda done, total: None, unlabelled: str | None = None) -> DataCheck:
    """List everything that is wrong with an image folder. Every image is decoded, those in ``unlabelled`` too.

    A folder with a folder ``train`` has splits; another one is a folder of classes, for ``data.split``. Raises
    ``MissingData`` where there is no such folder.
    """
    if not root.is_dir():
        raise MissingData(f"no folder {root}; put one folder for each class there, or train and test with such folders")
    is_split = (root / TRAIN).is_dir()
    splits = (TRAIN, test_folder(root).name) if is_split else ("",)
    seen = _look(root, splits)
    counts = _counts(seen, splits)
    further = [path for path in seen.elsewhere if path.partition("/")[0] == unlabelled]
    places = {path: str(root / path) for path in (*seen.images, *further)}
    seen.elsewhere = [path for path in seen.elsewhere if path not in places]
    findings = [
        *_folders(root, seen, splits, counts),
        *_left_out(root, seen, splits),
        *pixel_findings(places, progress),
    ]
    return DataCheck("image folder", counts, tuple(sorted(findings, key=lambda finding: not finding.refused)))


def _look(root: Path, splits: tuple[str, ...]) -> _Seen:
    seen = _Seen(classes={split: defaultdict(list) for split in splits})
    levels = 1 if splits == ("",) else 2
    for folder, folders, files in os.walk(root, followlinks=True):
        inside = Path(folder).relative_to(root).parts
        seen.hidden += ["/".join((*inside, name)) + "/" for name in folders if name.startswith(".")]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        split = inside[0] if len(inside) == levels == 2 else ""
        is_class = len(inside) == levels and split in splits
        if is_class:
            seen.classes[split][unicodedata.normalize("NFC", inside[-1])].append("/".join(inside))
        if len(inside) == DEEPEST:
            folders.clear()
        for name in sorted(files):
            _sort(seen, "/".join((*inside, name)), name, is_class)
    return seen


def _sort(seen: _Seen, path: str, name: str, is_class: bool) -> None:
    if name.startswith("."):
        seen.hidden.append(path)
    elif not name.lower().endswith(SUFFIXES):
        seen.others[Path(name).suffix.lower()].append(path)
    else:
        (seen.images if is_class else seen.elsewhere).append(path)


def _counts(seen: _Seen, splits: tuple[str, ...]) -> dict[str, dict[str, int]]:
    of_folder = Counter(path.rpartition("/")[0] for path in seen.images)
    return {
        split: {name: sum(of_folder[path] for path in paths) for name, paths in sorted(seen.classes[split].items())}
        for split in splits
    }


def _folders(root: Path, seen: _Seen, splits: tuple[str, ...], counts: dict[str, dict[str, int]]) -> Iterator[Finding]:
    """The problems of the classes."""
    train, test = counts[splits[0]], counts[splits[-1]]
    bare = [split or root.name for split in splits if not counts[split]]
    yield from some(bare, "folders without class folders", "make a folder for each class", True)
    twice = [path for split in splits for paths in seen.classes[split].values() if len(paths) > 1 for path in paths]
    yield from some(twice, "class folders with one name in two forms of Unicode", "make them one", True)
    empty = [path for name, count in train.items() if not count for path in seen.classes[splits[0]][name]]
    yield from some(empty, "class folders without images", "add images, or remove them", True)
    if len(train) == 1:
        yield from some(list(train), "only class", "every image would be scored as right; add a class", False)
    if splits == ("",):
        single = [seen.classes[""][name][0] for name, count in train.items() if count == 1]
        yield from some(single, "classes of one image, of which a split needs two", "add images, or remove them", True)
        return
    unknown = [path for name in test if name not in train for path in seen.classes[splits[1]][name]]
    yield from some(unknown, "test classes that are not in train", "add training images, or remove them", True)
    untested = [name for name in train if not test.get(name)]
    yield from some(untested, "classes without test images", "add some; no image of them is scored", False)


def _left_out(root: Path, seen: _Seen, splits: tuple[str, ...]) -> Iterator[Finding]:
    """The files that are not read."""
    spare = [name for name in TESTS if name not in splits and splits[0] and (root / name).is_dir()]
    beside = [path for path in seen.elsewhere if path.partition("/")[0] in spare]
    used = f"images in {', '.join(spare)}, which is not read beside {splits[-1]}"
    yield from some(beside, used, "move them to train or test, or leave them", False)
    others = sorted({path.partition("/")[0] for path in seen.elsewhere if "/" in path} - {*splits, *spare})
    for name in others if splits[0] else ():
        inside = [path for path in seen.elsewhere if path.startswith(f"{name}/")]
        remedy = f"data.unlabelled: {name} trains on them without labels"
        yield from some(inside, f"images in {name}, which is not read", remedy, False)
    known = {*spare, *others} if splits[0] else set(spare)
    lost = [path for path in seen.elsewhere if path.partition("/")[0] not in known]
    yield from some(lost, "images that lie in no class folder, or deeper", "move them into their class folders", False)
    for suffix, paths in sorted(seen.others.items()):
        kind = f"files with the suffix {suffix}" if suffix else "files without a suffix"
        yield from some(paths, f"{kind}, which are not read", f"convert images to {', '.join(SUFFIXES)}", False)
    yield from some(seen.hidden, "hidden files and folders, which are not read", "rename those that are yours", False)

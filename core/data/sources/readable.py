"""Images that do not decode, for ``data.unreadable: skip``."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from core.config.data import COLORS
from core.data.catalog import ImageFiles
from core.data.fingerprint import stat_digest
from core.data.sources.finding import brightest
from core.errors import DataError
from core.files import cache_dir, whole_file

Progress = Callable[[str, int, int], None]
"""Called with the task, the number of images that are done, and the number of all images."""


def without_unreadable(files: ImageFiles, progress: Progress, channels: int = COLORS) -> ImageFiles:
    """Return the set without the images that do not decode, which ``skipped`` names.

    Every image is read once; what was found is kept in the user's cache, for as long as no file changes. Raises
    ``DataError`` where a class, or a whole split, has no image left.
    """
    places = [place for split in (files.train, files.test) for place, _ in split]
    broken = set(_unreadable(files.name, places, progress, channels))
    if not broken:
        return files
    train, test = (tuple(image for image in split if image[0] not in broken) for split in (files.train, files.test))
    if lost := sorted({label for _, label in files.train} - {label for _, label in train}):
        name = files.classes[lost[0]] if lost[0] >= 0 else "the images without a label"  # type: ignore[operator,index]
        raise DataError(f"{files.name}: no training image of {name} decodes; replace them")
    if files.test and not test:
        raise DataError(f"{files.name}: no test image decodes; replace them")
    return replace(files, train=train, test=test, skipped=tuple(place for place in places if place in broken))


def _unreadable(name: str, places: list[str], progress: Progress, channels: int) -> list[str]:
    """The places that do not decode. The cache has their numbers: the same folder may be named by another path."""
    digest = stat_digest(tuple((place, str(number)) for number, place in enumerate(places)))  # type: ignore[misc]
    path = cache_dir() / "images" / f"{name}-unreadable-{digest}.json"
    if path.exists():
        return [places[number] for number in json.loads(path.read_text(encoding="utf-8"))]
    found: list[int] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, decodes in enumerate(pool.map(partial(_decodes, channels=channels), places)):
            if not decodes:
                found.append(number)
            progress(f"reading {name}", number + 1, len(places))
    with whole_file(path) as file:
        file.write(json.dumps(found).encode())
    return [places[number] for number in found]


def _decodes(place: str, channels: int) -> bool:
    try:
        brightest(place, channels)
    except DataError:
        return False
    return True

"""Findings about a set of images, and those about the images themselves."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from core.config.data import COLORS, PICTURES
from core.data.pixels import read_channels, read_rgb
from core.errors import DataError

Progress = Callable[[int, int], None]
"""Called with the number of images that are read, and the number of all images."""

DARK = 16
"""Value of 255 below which all of an image's values are where one is called almost black."""
UNDECODED = "images that do not decode"
"""Kind of the finding that ``data.unreadable: skip`` allows."""
SMALL = 16
"""Side in pixels at which a JPEG is read to find out whether it decodes."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a set of images, or that its owner may not expect."""

    kind: str
    """The kind of the places, in the plural."""
    remedy: str
    refused: bool
    """Whether no training can use it before this is mended."""
    places: tuple[str, ...]
    """Files, folders, rows or classes; paths are relative to the folder."""


@dataclass(frozen=True)
class DataCheck:
    """The content of a set of images, and its problems."""

    what: str
    """Kind of its source."""
    splits: dict[str, dict[str, int]]
    """Number of images of each class, by the name of the split; by ``""`` where there is no split. Images without a
    label are of the class ``""``."""
    findings: tuple[Finding, ...]

    def skipping_undecoded(self) -> "DataCheck":
        """Return the check for ``data.unreadable: skip``, which leaves out images that do not decode."""
        findings = [
            replace(one, refused=False, remedy="they are left out") if one.kind == UNDECODED else one
            for one in self.findings
        ]
        return replace(self, findings=tuple(sorted(findings, key=lambda finding: not finding.refused)))

    @property
    def refused(self) -> bool:
        """Whether no training can use it as it is."""
        return any(finding.refused for finding in self.findings)


def pixel_findings(places: Mapping[str, str], progress: Progress, channels: int = COLORS) -> Iterator[Finding]:
    """The problems of the images themselves; ``places`` are keyed by what people are told."""
    broken, dark = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looked = pool.map(partial(_looked_at, channels=channels), places.values())
        for done, (path, found) in enumerate(zip(places, looked, strict=True), start=1):
            if isinstance(found, str):
                broken.append(f"{path} ({found})")
            elif found < DARK:
                dark.append(path)
            progress(done, len(places))
    remedy = "replace or remove them, or leave them out with data.unreadable: skip"
    yield from some(broken, UNDECODED, remedy, True)
    remedy = "multiply values of 12 bits in a file of 16 by 16, or state their range in a TIFF"
    yield from some(dark, "images that are almost black", remedy, False)


def brightest(place: str, channels: int) -> int:
    """The largest value of an image from 0 to 255. Raises ``DataError`` where it does not decode."""
    if channels not in PICTURES:
        return int(read_channels(place, channels).max())
    return max(high for _, high in read_rgb(place, SMALL).getextrema())  # type: ignore[misc]


def _looked_at(place: str, channels: int) -> int | str:
    """The largest value of an image; the reason where it does not decode."""
    try:
        return brightest(place, channels)
    except DataError as error:
        return str(error.__cause__ or error)


def some(places: list[str], kind: str, remedy: str, refused: bool) -> Iterator[Finding]:
    """The finding about these places, if there are any."""
    if places:
        yield Finding(kind, remedy, refused, tuple(places))

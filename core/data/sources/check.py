"""Everything that is wrong with a set of images, at once."""

from collections.abc import Iterator
from pathlib import Path

from core.config.data import COLORS
from core.data.sources.check_folder import check_folder
from core.data.sources.find import Source, check_channels, source_at
from core.data.sources.finding import DataCheck, Finding, Progress, pixel_findings, some
from core.data.sources.found import TRAIN, Found
from core.data.sources.inside import MARK


def check_images(
    root: Path,
    progress: Progress = lambda done, total: None,
    unlabelled: str | None = None,
    channels: int = COLORS,
) -> DataCheck:
    """List everything that is wrong with the source at a place. Every image is decoded; of an image folder's further
    folders, those in ``unlabelled``. Raises ``DataError`` where nothing can be listed, ``MissingData`` where there is
    nothing."""
    if source := source_at(root):
        return check_source(root, source, progress, channels)
    check_channels(channels, root, None)
    return check_folder(root, progress, unlabelled)


def check_source(root: Path, source: Source, progress: Progress, channels: int = COLORS) -> DataCheck:
    """List everything that is wrong with a source that is no folder of classes. Raises ``DataError`` where its images
    have another number of channels."""
    found = source.read(root)
    check_channels(channels, root, found)
    counts = {name: found.counts(name) for name in found.splits}
    places = {_shown(place, root): place for split in found.splits.values() for place, _ in split}
    listed = [Finding(*_kind_and_remedy(kind), True, rows) for kind, rows in found.problems.items()]
    there = {} if found.problems else places
    noted = [Finding(*_kind_and_remedy(kind), False, rows) for kind, rows in found.notes.items()]
    findings = [*listed, *_classes(found, counts), *pixel_findings(there, progress, channels), *noted]
    return DataCheck(source.what, counts, tuple(sorted(findings, key=lambda finding: not finding.refused)))


def _shown(place: str, root: Path) -> str:
    """A place as people are told it: relative to the source, or to the folder of a manifest."""
    folder = root if root.is_dir() else root.parent
    return place.removeprefix(f"{root}{MARK}").removeprefix(f"{folder}/").replace(MARK, "/")


def _kind_and_remedy(problem: str) -> tuple[str, str]:
    kind, _, remedy = problem.partition("; ")
    return kind, remedy


def _classes(found: Found, counts: dict[str, dict[str, int]]) -> Iterator[Finding]:
    """The problems of the classes of a source."""
    train, test = counts.get(TRAIN), counts.get(found.test_name or "")
    if len(found.classes) == 1:
        yield from some(list(found.classes), "only class", "every image would be scored as right; add a class", False)
    if train is not None and test is not None:
        untested = [name for name in found.classes if train.get(name) and not test.get(name)]
        yield from some(untested, "classes without test images", "add some; no image of them is scored", False)
        untrained = [name for name in found.classes if test.get(name) and not train.get(name)]
        yield from some(untrained, "test classes that are not in train", "add training images, or remove them", True)

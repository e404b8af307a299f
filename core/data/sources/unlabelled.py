"""Images without labels, for pretraining."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.data.catalog import NO_LABEL, SUFFIXES, ImageFiles, Listing
from core.errors import DataError, MissingData


def with_unlabelled(files: ImageFiles, images: Listing) -> ImageFiles:
    """Return the set with further training images, whose labels are dropped."""
    return replace(files, train=files.train + tuple((path, NO_LABEL) for path, _ in images))


def list_unlabelled(root: Path) -> Listing:
    """List all images below a folder, in folders of any depth. Raises ``MissingData`` where there is no such folder,
    ``DataError`` where it has no image."""
    if not root.is_dir():
        raise MissingData(f"no folder {root}; put the images without labels there, in folders of any depth")
    images = tuple((path, NO_LABEL) for path in _images(root))
    if not images:
        raise DataError(f"{root} has no images; looked for {', '.join(SUFFIXES)} in it and in its folders")
    return images


def _images(root: Path) -> Iterator[str]:
    """Paths in a fixed order; hidden files and folders are left out, as those of classes are."""
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield os.path.join(folder, name)  # noqa: PTH118 - a million Path objects are slow

"""Notes of the image folders that a storage has results of, in ``<storage>/data/<name>.json``.

There is one note for each content that a folder of that name had. A machine without the images takes the fingerprint
and the numbers of images from the newest note.
"""

import platform
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ablations.store.data_copies import copied_state, copies_of, local_data, remote_state
from ablations.store.json_files import read_json, write_json
from core.config import DataConfig
from core.config.data import PART_FIELDS
from core.data.catalog import DATA_SETS, NO_LABEL, DataSize, Listing
from core.data.fingerprint import DECODING, Fingerprint, fingerprint_of, items_of
from core.data.sources.find import list_images
from core.remote import AnyPath, RemotePath

OldResults = Literal["taken over", "trained again"]
"""The decision about results that are older than fingerprints of images."""


@dataclass(frozen=True)
class DataNote:
    """The content of an image folder when its fingerprint was taken."""

    fingerprint: Fingerprint
    source: dict[str, Any]
    """The data set as a whole, ``DataConfig.source``, as plain values."""
    train: dict[str, int]
    """Number of training images of each class, those without a label as class ``""``."""
    test: dict[str, int]
    """Number of test images of each class."""
    folder: str
    host: str
    """Name of the machine that took the note."""
    taken_at: float
    """Time in seconds since 1970."""
    decoding: int = DECODING
    """Version of the decoding, see ``core.data.fingerprint``."""
    skipped: int = 0
    """Number of images that do not decode and are left out."""
    state: str = ""
    """State of the images in an object store, see ``data_copies.remote_state``; empty for a folder of a machine."""

    @property
    def size(self) -> DataSize:
        """Numbers of images and classes."""
        counts, classes = {"train": self.train, "test": self.test}, [name for name in self.train if name]
        without = self.train.get("", 0)
        return DataSize(sum(self.train.values()), sum(self.test.values()), len(classes), counts, self.skipped, without)


_NOTES = TypeAdapter(list[DataNote])


def take_note(config: DataConfig, data_dir: Path) -> DataNote:
    """A note of an image folder as it is now. Raises ``DataError`` if it is missing or unfit."""
    if config.name in DATA_SETS and DATA_SETS[config.name].load:
        return _loaded_note(config, data_dir)
    files = list_images(config, data_dir)
    train, test = (_by_class(listing, files.classes) for listing in (files.train, files.test))
    fingerprint, folder = fingerprint_of(items_of(files)), str((data_dir / config.name).resolve())
    now, skipped = time.time(), len(files.skipped)
    return DataNote(fingerprint, source_values(config), train, test, folder, platform.node(), now, skipped=skipped)


def _loaded_note(config: DataConfig, data_dir: Path) -> DataNote:
    """A note of what the user's own function loads now."""
    from core.data.sets.registered import contents_of  # here, since PyTorch comes with it

    found, folder = contents_of(config, data_dir), str(data_dir.resolve())
    train, test = (dict(found.size.counts.get(split, {})) for split in ("train", "test"))
    return DataNote(found.fingerprint, source_values(config), train, test, folder, platform.node(), time.time())


def folder_note(config: DataConfig, data_dir: AnyPath, root: AnyPath | None) -> DataNote | None:
    """A note of an image folder as it is now.

    For a folder in an object store it is taken from the copy on this machine, or from the notes of the storage
    ``root``; None if neither has these images. Raises ``DataError`` if the folder is missing or unfit.
    """
    if not isinstance(data_dir, RemotePath):
        return take_note(config, data_dir)
    if config.name in DATA_SETS:
        return take_note(config, local_data(config.name, data_dir))
    state = remote_state(config, data_dir)
    if copied_state(config, data_dir) == state:
        return replace(take_note(config, copies_of(data_dir)), folder=str(data_dir / config.name), state=state)
    known = notes_of(root, config) if root is not None else []
    return next((note for note in known if note.state == state), None)


def source_values(config: DataConfig) -> dict[str, Any]:
    """The whole data set of a configuration as plain values."""
    values = config.source.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in values.items() if name not in PART_FIELDS}


def load_notes(root: AnyPath, name: str) -> list[DataNote]:
    """The notes of folders of that name, the newest first."""
    try:
        notes = _NOTES.validate_python((read_json(_path(root, name)) or {}).get("notes", []))
    except ValidationError:  # a damaged file costs what it says
        return []
    return sorted(notes, key=lambda note: note.taken_at, reverse=True)


def note_of(root: AnyPath, config: DataConfig) -> DataNote | None:
    """The newest note of a configuration's data set; the one with its fingerprint if it has one. None without notes."""
    notes = notes_of(root, config)
    return next((note for note in notes if config.fingerprint in (None, note.fingerprint.value)), None)


def notes_of(root: AnyPath, config: DataConfig) -> list[DataNote]:
    """The notes of a configuration's data set, the newest first."""
    return [note for note in load_notes(root, config.name) if note.source == source_values(config)]


def old_results(root: AnyPath, name: str) -> OldResults | None:
    """The decision about results that are older than fingerprints; None if no run has met a folder of that name yet."""
    decided = (read_json(_path(root, name)) or {}).get("old_results")
    return decided if decided in ("taken over", "trained again") else None


def save_notes(root: AnyPath, notes: Iterable[DataNote], decided: OldResults | None = None) -> None:
    """Write notes, each in the place of an older one of the same images, and the decision about old results."""
    for note in notes:
        name = note.source["name"]
        same = (note.fingerprint, note.source)
        others = [one for one in load_notes(root, name) if (one.fingerprint, one.source) != same]
        values: dict[str, Any] = {"notes": [asdict(one) for one in (*others, note)]}
        if settled := old_results(root, name) or decided:
            values["old_results"] = settled
        write_json(_path(root, name), values)


def _by_class(listing: Listing, classes: tuple[str, ...]) -> dict[str, int]:
    counts: Counter[int] = Counter()
    for _, label in listing:
        counts.update([label] if isinstance(label, int) else [number for number, one in enumerate(label) if one == 1])
    named = {name: counts[number] for number, name in enumerate(classes)}
    return named | ({"": counts[NO_LABEL]} if counts[NO_LABEL] else {})


def _path(root: AnyPath, name: str) -> AnyPath:
    return root / "data" / f"{name}.json"

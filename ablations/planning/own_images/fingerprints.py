"""The fingerprints of image folders, which become part of the identity of the trials on them."""

from collections.abc import Callable

from ablations.planning.configuration.configure import Configured, place_of
from ablations.store.own_images.last_run import load_last_run
from ablations.store.own_images.notes import DataNote, folder_note, note_of
from ablations.study.scaled_study import ScaledStudy
from ablations.types.choices import with_value
from ablations.types.errors import StudyError
from ablations.types.own_images import FINGERPRINT, data_of
from core import DataError
from core.config import DataConfig, TrainConfig
from core.data.catalog import is_built_in
from core.errors import MissingData
from core.remote import AnyPath

Fingerprints = Callable[[DataConfig], str | None]
"""The fingerprint of a data set; None for one that is built in, and for one that cannot be read."""


def no_fingerprints(config: DataConfig) -> None:
    """Nothing, for every data set: trials as they were before there were fingerprints."""


class Folders:
    """The image folders of a data folder, each looked at once, when it is asked for."""

    def __init__(self, data_dir: AnyPath, root: AnyPath) -> None:
        """``root`` is the storage, whose notes stand for folders that this machine does not have."""
        self._data_dir, self._root = data_dir, root
        self._notes: dict[DataConfig, DataNote | None] = {}

    def __call__(self, config: DataConfig) -> str | None:
        note = self.note(config)
        return note.fingerprint.value if note else None

    def note(self, config: DataConfig) -> DataNote | None:
        """A note of the folder's images; None as in ``Fingerprints``."""
        if is_built_in(config.name):
            return None
        source = config.source
        if source not in self._notes:
            self._notes[source] = self._look(source)
        return self._notes[source]

    def _look(self, source: DataConfig) -> DataNote | None:
        try:
            return folder_note(source, self._data_dir, self._root)
        except MissingData:
            return note_of(self._root, source)
        except DataError:  # the plan tells it, with the trial's name
            return None


def last_run(root: AnyPath, scaled: ScaledStudy) -> Fingerprints:
    """The fingerprints of the images that the study was last run on."""
    known = load_last_run(root, scaled.study.name, scaled.label)
    return lambda config: known.get(config.source)


def fingerprinted(configured: Configured, fingerprints: Fingerprints) -> TrainConfig:
    """The configuration with the fingerprints of its images. Raises ``StudyError`` where another one is written."""
    config = configured.config
    for path, data in data_of(config):
        found, setting = fingerprints(data), (*path, FINGERPRINT)
        if found and data.fingerprint and found != data.fingerprint:
            told = f"is {data.fingerprint}, and the images of {data.name} have {found}"
            place = place_of(setting, configured)
            raise StudyError(f"{place}: {told}; put those images back, or write the other fingerprint")
        if found:
            config = with_value(config, setting, found)
    return config

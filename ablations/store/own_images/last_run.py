"""The images that a study was last run on: its report is of these, whatever lies in the folder now."""

from collections.abc import Iterable, Mapping

from ablations.store.json_files import read_json, write_json
from ablations.types.identity import canonical
from core.config import DataConfig
from core.remote import AnyPath


def load_last_run(root: AnyPath, study: str, label: str) -> Mapping[DataConfig, str]:
    """Fingerprints by the whole data set, ``DataConfig.source``; empty if it was not run since there are any. ``label``
    as in ``ScaledStudy``."""
    found = read_json(_path(root, study, label)) or {}
    return {DataConfig.model_validate_json(source): str(value) for source, value in found.items()}


def save_last_run(root: AnyPath, study: str, label: str, used: Iterable[DataConfig]) -> None:
    """Write ``<root>/studies/<study>/<label>/images.json``, if it says something else."""
    values = {canonical(data.source): data.fingerprint for data in used if data.fingerprint}
    path = _path(root, study, label)
    if (read_json(path) or {}) != values:
        write_json(path, values)


def _path(root: AnyPath, study: str, label: str) -> AnyPath:
    return root / "studies" / study / label / "images.json"

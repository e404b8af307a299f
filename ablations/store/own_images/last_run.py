"""The images that a study was last run on: its report is of these, whatever lies in the folder now."""

from collections.abc import Iterable, Mapping

from pydantic import TypeAdapter, ValidationError

from ablations.store.json_files import read_json, write_json
from ablations.store.own_images.notes import source_values
from ablations.types.own_images import FINGERPRINT
from core.config import DataConfig
from core.remote import AnyPath

_IMAGES = TypeAdapter(list[DataConfig])


def load_last_run(root: AnyPath, study: str, label: str) -> Mapping[DataConfig, str]:
    """Fingerprints by the whole data set, ``DataConfig.source``; empty if it was not run since there are any. ``label``
    as in ``ScaledStudy``."""
    try:
        found = _IMAGES.validate_python((read_json(_path(root, study, label)) or {}).get("images", []))
    except ValidationError:  # a damaged file; the next run writes it anew
        return {}
    return {data.source: data.fingerprint for data in found if data.fingerprint}


def save_last_run(root: AnyPath, study: str, label: str, used: Iterable[DataConfig]) -> None:
    """Write ``<root>/studies/<study>/<label>/images.json``, if it says something else."""
    images = {data.source: source_values(data) | {FINGERPRINT: data.fingerprint} for data in used if data.fingerprint}
    values, path = {"images": list(images.values())}, _path(root, study, label)
    if images and read_json(path) != values:
        write_json(path, values)


def _path(root: AnyPath, study: str, label: str) -> AnyPath:
    return root / "studies" / study / label / "images.json"

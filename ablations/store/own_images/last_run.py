"""The images that a study was last run on. Its report shows results on these, even if the folder has changed since."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from pydantic import ValidationError

from ablations.store.json_files import read_json, write_json
from ablations.store.own_images.notes import source_values
from ablations.types.own_images import FINGERPRINT
from core.config import DataConfig
from core.remote import AnyPath


def load_last_run(root: AnyPath, study: str, label: str) -> Mapping[DataConfig, str]:
    """Fingerprints by the whole data set (``DataConfig.source``); empty if no run of the study has kept any.

    ``label`` is that of ``ScaledStudy``.
    """
    found: dict[DataConfig, str] = {}
    for values in (read_json(_path(root, study, label)) or {}).get("images", []):
        with suppress(ValidationError):  # damaged, or of other code of the user's; the next run writes it anew
            data = DataConfig.model_validate(values)
            found |= {data.source: data.fingerprint} if data.fingerprint else {}
    return found


def save_last_run(root: AnyPath, study: str, label: str, used: Iterable[DataConfig]) -> None:
    """Write ``<root>/studies/<study>/<label>/images.json``, unless it has the same content."""
    images = {data.source: source_values(data) | {FINGERPRINT: data.fingerprint} for data in used if data.fingerprint}
    values, path = {"images": list(images.values())}, _path(root, study, label)
    if images and read_json(path) != values:
        write_json(path, values)


def _path(root: AnyPath, study: str, label: str) -> AnyPath:
    return root / "studies" / study / label / "images.json"

"""The looks of a study at its claims: numbers of seeds, set before the first look and kept with the study."""

from ablations.store.json_files import read_json, write_json
from core.remote import AnyPath

Looks = tuple[int, ...]
"""Numbers of seeds at which the claims are looked at, ascending; empty for a study that is looked at once."""


def load_looks(root: AnyPath, study: str, label: str) -> Looks:
    """The looks that were set for a study; empty if none were. ``label`` as in ``ScaledStudy``."""
    found = (read_json(_path(root, study, label)) or {}).get("looks")
    whole = isinstance(found, list) and all(isinstance(look, int) for look in found)
    return tuple(sorted(found)) if whole and found else ()


def save_looks(root: AnyPath, study: str, label: str, looks: Looks) -> None:
    """Write ``<root>/studies/<study>/<label>/looks.json``."""
    write_json(_path(root, study, label), {"looks": list(looks)})


def _path(root: AnyPath, study: str, label: str) -> AnyPath:
    return root / "studies" / study / label / "looks.json"

"""The file arrays.safetensors of a trial: arrays of its scores, and the names of the labels in them.

safetensors is imported where it is used, since most commands need no numpy.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.files import as_local, is_there, whole_file
from core.remote import AnyPath, RemotePath

if TYPE_CHECKING:
    from numpy import ndarray

CLASSES = "classes"
"""Key of the labels' names in the file's metadata."""


def load_arrays(path: AnyPath) -> dict[str, "ndarray"]:
    """The arrays by name; empty if there is no such file."""
    from safetensors.numpy import load_file

    if not is_there(path):
        return {}
    with as_local(path) as file:
        return load_file(file)


def load_classes(path: AnyPath) -> tuple[str, ...]:
    """Names of the labels; empty if there is no such file."""
    from safetensors import safe_open

    if not is_there(path):
        return ()
    with as_local(path) as local, safe_open(local, "np") as file:
        return tuple(json.loads((file.metadata() or {}).get(CLASSES, "[]")))


def write_arrays(path: AnyPath, arrays: dict[str, "ndarray"], classes: Sequence[str]) -> None:
    """Write the file, whole or not at all."""
    from safetensors.numpy import save

    with whole_file(path) as file:
        file.write(save(arrays, metadata={CLASSES: json.dumps(list(classes))}))


def hash_of(path: AnyPath) -> str:
    """16 hex digits over the file; empty if there is no such file."""
    if not is_there(path):
        return ""
    with as_local(path) as local, local.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def check_readable(path: AnyPath) -> None:
    """Raises ``ValueError`` for a damaged file.

    An object is whole, and to look for one in vain with every result takes time.
    """
    if isinstance(path, RemotePath) or not path.exists():
        return
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np"):
            return
    except SafetensorError as error:
        raise ValueError(f"its {path.name} is damaged ({error})") from error

"""JSON files of the storage, and the seal that tells whether one was edited."""

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from core.files import look_anew, read_text, write_text
from core.remote import AnyPath

SEAL = "checksum"
"""Key of the digest over all other values."""


def load_json(path: AnyPath) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no such file. Raises ``ValueError`` if the file is damaged."""
    look_anew(path)
    try:
        values = json.loads(read_text(path))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, NotADirectoryError, IsADirectoryError) as error:
        raise ValueError(f"is damaged ({error})") from error
    if not isinstance(values, dict):
        raise ValueError("is damaged (it holds no object)")
    return values


def read_json(path: AnyPath) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no such file, or a damaged one."""
    try:
        return load_json(path)
    except ValueError:
        return None


def write_json(path: AnyPath, values: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(values, indent=1, sort_keys=True))


def sealed(values: dict[str, Any]) -> dict[str, Any]:
    """The values with a digest over them."""
    return values | {SEAL: _digest(values)}


def unsealed(values: dict[str, Any]) -> dict[str, Any]:
    """The values without their digest. Raises ``ValueError`` if they were changed; older files have no digest."""
    rest = {name: value for name, value in values.items() if name != SEAL}
    if SEAL in values and values[SEAL] != _digest(rest):
        raise ValueError("was changed after it was written")
    return rest


def damage(error: ValueError) -> str:
    """The problem with a file in words, without its path."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"is damaged ({'.'.join(map(str, first['loc']))}: {first['msg']})"


def _digest(values: dict[str, Any]) -> str:
    """A digest of 16 hex digits, which does not depend on the order of the names."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]

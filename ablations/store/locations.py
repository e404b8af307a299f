"""Where a storage or data lies, as it is written on the command line: a path, or the URI of an object store."""

import importlib.util
import re
from pathlib import Path, PurePosixPath

from ablations.types.errors import StudyError
from core.remote import CREDENTIALS, LIBRARIES, AnyPath, RemotePath

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//|/|$)")
"""Longer than the letter of a drive. With one slash it is taken for a slip, not for a folder whose name ends so."""


def place(text: str | AnyPath) -> AnyPath:
    """Raises ``StudyError`` for a URI that is none, or one of a store for which the library is missing."""
    if isinstance(text, RemotePath) or not (found := SCHEME.match(str(text))):
        return Path(text) if isinstance(text, str) else text
    scheme, slashes = found.groups()
    rest = str(text)[found.end() :]
    if scheme == "file":
        return Path("/" + rest.lstrip("/"))
    shown = f"{scheme}://{re.sub('[^/]*@', '***@', rest)}"
    if scheme not in LIBRARIES:
        known = " and ".join(f"{known}://" for known in LIBRARIES)
        raise StudyError(f"{shown}: there is no {scheme}://; a storage or data is a path, or begins with {known}")
    if slashes != "//" or not rest.strip("/") or rest.startswith("/") or {"?", "#"} & set(rest):
        raise StudyError(f"{shown}: is no {scheme}://bucket/folder")
    if "@" in rest.split("/")[0]:
        raise StudyError(f"{shown}: a password does not belong here; {CREDENTIALS}")
    if not importlib.util.find_spec(LIBRARIES[scheme]):
        raise StudyError(f"{shown}: needs {LIBRARIES[scheme]}; pip install 'simclr-ablations[{scheme}]'")
    return RemotePath(scheme, PurePosixPath(rest))


def reports_folder(storage: AnyPath) -> Path:
    """In the storage, or where that is in an object store, in the one of this folder: browsers open files."""
    return (storage if isinstance(storage, Path) else Path("runs")) / "reports"

"""Locations of a storage or of data, as a command line writes them: a path, or the URI of an object store."""

import importlib.util
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from ablations.types.errors import StudyError
from core.remote import CREDENTIALS, LIBRARIES, AnyPath, RemotePath

DEFAULT_STORAGE = Path("runs")
DEFAULT_DATA = Path("data")

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(//|/|$)")
"""A scheme is longer than the letter of a drive. One slash after it counts as a slip, not as a folder's name."""


def location(text: str | AnyPath) -> AnyPath:
    """The location that a text names.

    Raises ``StudyError`` for a malformed URI, and for an object store whose library is not installed.
    """
    if isinstance(text, RemotePath) or not (found := SCHEME.match(str(text))):
        return Path(text) if isinstance(text, str) else text
    scheme, slashes = found.groups()
    rest = str(text)[found.end() :]
    if scheme == "file":
        return _file(str(text), slashes, rest)
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


def _file(text: str, slashes: str, rest: str) -> Path:
    """The path of a file URI, such as ``file:///shared/my%20runs``."""
    host, _, path = rest.partition("/") if slashes == "//" else ("", "", rest)
    if host not in ("", "localhost") or not path.strip("/"):
        raise StudyError(f"{text}: is no file:///folder of this machine; a path will do as well")
    return Path("/" + unquote(path).lstrip("/"))


def reports_folder(storage: AnyPath) -> Path:
    """The folder of reports: in the storage, or, for an object store, in the default storage, since browsers open
    files."""
    return (storage if isinstance(storage, Path) else DEFAULT_STORAGE) / "reports"

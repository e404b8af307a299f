"""Files that appear whole or not at all, in a folder or in an object store."""

import errno
import functools
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from filelock import FileLock

from core.errors import is_full
from core.remote import LIBRARIES, AnyPath, RemotePath

LEFTOVER_SECONDS = 24 * 60 * 60.0
"""Age after which an unfinished file counts as left behind by a killed process. Nothing here takes a day to write."""
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{16}")
"""Name of an unfinished file, with the name of the file that it was to be. A looser pattern would match an editor's
swap file."""
DAMAGED = ".damaged"
"""End of the name under which a damaged file is kept."""
ONLY_USER = 0o700
"""Rights of a folder that only its user can open."""
STALE_READS = 9
"""Number of stale reads in a row that may be an accident. One more is an error."""


def as_path(path: str | AnyPath) -> AnyPath:
    """The path itself, or the one that a text names; ``s3://bucket/key`` and ``gs://bucket/key`` name objects.

    Raises ``TypeError`` for anything else.
    """
    if isinstance(path, Path | RemotePath):
        return path
    if not isinstance(path, str):
        raise TypeError(f"a path is text or a pathlib.Path, not {path!r}")
    scheme, found, key = path.partition("://")
    return RemotePath(scheme, PurePosixPath(key)) if found and scheme in LIBRARIES else Path(path)


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path``. The block moves the finished file from there to ``path``; otherwise it is
    removed.

    Files that killed processes left of the same path are removed too. On a full disk the error names ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with _named(path):
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def is_unfinished(name: str, of: str | None = None) -> bool:
    """Whether ``unfinished`` gives such names; where ``of`` is given, to that file's."""
    match = _UNFINISHED.fullmatch(name)
    return match is not None and of in (None, match[1])


def _remove_leftovers(path: Path) -> None:
    for sibling in path.parent.iterdir():
        if is_unfinished(sibling.name, path.name):
            with suppress(FileNotFoundError):  # another process may remove it at the same time
                if time.time() - sibling.lstat().st_mtime > LEFTOVER_SECONDS:
                    sibling.unlink()


@contextmanager
def whole_file(path: AnyPath) -> Iterator[BinaryIO]:
    """Yield a binary file to write. It appears at ``path`` when the block ends, and not if the block raises."""
    if isinstance(path, RemotePath):
        with _named(tempfile.gettempdir()), tempfile.NamedTemporaryFile() as local:
            yield local.file  # type: ignore[misc]
            local.flush()
            path.upload(Path(local.name))
        return
    with unfinished(path) as temporary:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


@contextmanager
def as_local(path: AnyPath) -> Iterator[Path]:
    """Yield a local file to read: ``path`` itself, or a copy of an object that lasts as long as the block. Raises
    ``FileNotFoundError`` where there is no object to copy."""
    if not isinstance(path, RemotePath):
        look_anew(path)
        yield path
        return
    with _named(tempfile.gettempdir()), tempfile.NamedTemporaryFile() as local:
        path.download(local.file)  # type: ignore[arg-type]
        local.flush()
        yield Path(local.name)


def read_text(path: AnyPath) -> str:
    """Return the text of a small file. If NFS 3 reports that the file was replaced while it was read, it is read
    again."""
    for _ in range(STALE_READS):
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
    return path.read_text(encoding="utf-8")


def write_text(path: AnyPath, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    if isinstance(path, RemotePath):
        path.write_bytes(text.encode())
        return
    with whole_file(path) as file:
        file.write(text.encode())


def create_text(path: AnyPath, text: str) -> bool:
    """Write a new file and return whether it was created. If several processes create it at once, the result is True
    for one of them."""
    if isinstance(path, RemotePath):
        return path.create(text.encode())
    with unfinished(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return _is_same(temporary, path)
        except OSError:  # no hard links on this file system
            return _create_in_place(path, text)
    return True


def _is_same(temporary: Path, path: Path) -> bool:
    """Whether the link that was refused is there already: NFS repeats a request whose answer was lost, and then finds
    its own link."""
    try:
        return temporary.samefile(path)
    except FileNotFoundError:  # it was another process's, and has been removed
        return False


def _create_in_place(path: Path, text: str) -> bool:
    """Create a file without hard links. For a moment it is there and empty; a reader then takes it for nothing, and
    this process still finds out if another created it."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file ``lock``, which stays there. A process that dies releases it. Does nothing
    where locking is not supported."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    file_lock = FileLock(lock)
    with suppress(OSError):
        file_lock.acquire()
    try:
        yield
    finally:
        file_lock.release()


def place_once(temporary: Path, path: Path) -> None:
    """Put the file at ``path`` too, unless there is one already."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links on this file system: if two processes write at once, the later file stays
        if not path.exists():
            temporary.replace(path)


def look_anew(path: AnyPath) -> None:
    """Refresh what an NFS client knows about a path before it is opened. A client that has looked for a file in vain
    remembers for up to a minute that it is not there, unless its folder is opened."""
    if isinstance(path, RemotePath) or path.exists():
        return
    look_anew(path.parent)
    with suppress(OSError):
        os.close(os.open(path.parent, os.O_RDONLY))


def is_there(path: AnyPath) -> bool:
    """Whether the path exists, also if another machine has just created it; see ``look_anew``."""
    look_anew(path)
    return path.exists()


def cache_dir() -> Path:
    """Folder for decoded images, measurements of the hardware and counts of encoders.

    It is ``$XDG_CACHE_HOME`` or ``~/.cache``; if that cannot be written, as in some containers, ``temporary_home()``.
    Raises ``OSError`` as that does.
    """
    return _cache_dir(os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser()), tempfile.gettempdir())


def temporary_home() -> Path:
    """A folder among the system's temporary files that only this user can open, the same for all processes.

    Raises ``OSError`` if another user's folder is in its place.
    """
    folder = Path(tempfile.gettempdir()) / f"simclr-ablations-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(ONLY_USER)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        told = "belongs to another user; set HOME or XDG_CACHE_HOME to a folder that this user can write"
        raise PermissionError(errno.EACCES, told, str(folder))
    return folder


def can_be_written(folder: Path) -> bool:
    """Whether this user can make files in the folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError is for a user without a home
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@functools.cache
def _cache_dir(base: str, temporary: str) -> Path:
    """``temporary`` is the system's folder: it is part of the key, since it may change between two calls."""
    folder = Path(base) / "simclr-ablations"
    return folder if can_be_written(folder) else temporary_home()

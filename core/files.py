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
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from core.errors import is_full
from core.remote import AnyPath, RemotePath

LEFTOVER_SECONDS = 24 * 60 * 60.0
"""After which an unfinished file is taken for what a killed process left behind; nothing here takes a day to write."""
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{16}")
"""The name of an unfinished file, with that of the file that it was to be. A looser pattern would take the swap file of
an editor for one."""
ONLY_USER = 0o700
STALE_READS = 9
"""After which one more tells that it is no accident."""


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A name of its own beside ``path``, for a file that is moved there when it is whole; else it is removed.

    What processes that were killed left of the same file is removed too. On a full disk the error names ``path``.
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
    """A binary file to write; it takes its place at ``path`` when the block ends, and not if it raises."""
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
    """A file to read on this machine: itself, or for the time of the block a copy. Raises ``FileNotFoundError`` where
    there is none to copy."""
    if not isinstance(path, RemotePath):
        look_anew(path)
        yield path
        return
    with _named(tempfile.gettempdir()), tempfile.NamedTemporaryFile() as local:
        path.download(local.file)  # type: ignore[arg-type]
        local.flush()
        yield Path(local.name)


def read_text(path: AnyPath) -> str:
    """What a small file says. Of one that is replaced meanwhile NFS 3 has nothing more to give: it is read anew."""
    for _ in range(STALE_READS):
        try:
            return path.read_text()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
    return path.read_text()


def write_text(path: AnyPath, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    if isinstance(path, RemotePath):
        path.write_bytes(text.encode())
        return
    with whole_file(path) as file:
        file.write(text.encode())


def create_text(path: AnyPath, text: str) -> bool:
    """False where it is there already: of several that create it at once, it is True for one."""
    if isinstance(path, RemotePath):
        return path.create(text.encode())
    with unfinished(path) as temporary:
        temporary.write_text(text)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return _is_same(temporary, path)
        except OSError:  # no hard links on this file system
            return _create_in_place(path, text)
    return True


def _is_same(temporary: Path, path: Path) -> bool:
    """Whether the link is there that was refused: NFS asks again where an answer was lost, and then it is in its own
    way."""
    try:
        return temporary.samefile(path)
    except FileNotFoundError:  # another's, and removed since
        return False


def _create_in_place(path: Path, text: str) -> bool:
    """For a moment it is there and empty: who looks then takes what it says for nothing, and this process finds out."""
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Of the processes that reach the file ``lock``, which stays there; one that dies lets the next in. Where it cannot
    be locked all go on at once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    file_lock = FileLock(lock)
    with suppress(OSError):
        file_lock.acquire()
    try:
        yield
    finally:
        file_lock.release()


def place_once(temporary: Path, path: Path) -> None:
    """Have the file at ``path`` too, unless another is there already."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links on this file system: of two that write at the same moment, the later stays
        if not path.exists():
            temporary.replace(path)


def look_anew(path: AnyPath) -> None:
    """Before it is opened, where another machine may have made it: an NFS client that has looked for a file in vain
    remembers for up to a minute that it is not there, unless it opens the folder."""
    if isinstance(path, RemotePath) or path.exists():
        return
    look_anew(path.parent)
    with suppress(OSError):
        os.close(os.open(path.parent, os.O_RDONLY))


def is_there(path: AnyPath) -> bool:
    """As ``path.exists()``, by the server's word where it is another's; see ``look_anew``."""
    look_anew(path)
    return path.exists()


def cache_dir() -> Path:
    """Where decoded images and hardware measurements are kept: ``$XDG_CACHE_HOME``, or ``~/.cache``.

    If that cannot be written, as in some containers, it is ``temporary_home()``. Raises ``OSError`` as that does.
    """
    return _cache_dir(os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser()), tempfile.gettempdir())


def temporary_home() -> Path:
    """A folder among the system's temporary files that only this user can open, the same for all processes.

    Raises ``OSError`` if there is another user's in its place.
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

"""Operations on the files of a storage, which is a folder or in an object store."""

import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from ablations.types.identity import is_id
from core.remote import AnyPath, RemotePath

Item = TypeVar("Item")
Found = TypeVar("Found")

REQUESTS_AT_ONCE = 32


def each(folder: AnyPath, function: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """Return ``function`` of each item, in their order. In an object store several are called at a time, since each one
    waits for an answer."""
    if not isinstance(folder, RemotePath):
        return [function(item) for item in items]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        return list(threads.map(function, items))


def found(folder: AnyPath, pattern: str) -> list[AnyPath]:
    """The paths in the folder that match the pattern, sorted."""
    return sorted([*folder.glob(pattern)], key=str)


def ids_in(folder: AnyPath) -> list[str]:
    """The names in a folder that are ids, ascending; none if there is no such folder.

    Raises ``OSError`` if the folder cannot be listed. ``glob`` would find it empty, and ``ablate gc`` would then remove
    what its trials need.
    """
    with suppress(FileNotFoundError):
        return sorted(path.name for path in folder.iterdir() if is_id(path.name))
    return []


def files_below(path: AnyPath) -> list[AnyPath]:
    """All files below a folder, at any depth; the path itself for a file or a symbolic link. No link is followed."""
    if isinstance(path, RemotePath):
        return [*(path.files() or [path])]
    if path.is_symlink() or not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.is_symlink() or file.is_file()]


def size_of(path: AnyPath) -> int:
    """The size in bytes of a file, of everything in a folder, or of a symbolic link itself."""
    sizes = each(
        path, lambda file: file.size() if isinstance(file, RemotePath) else file.lstat().st_size, files_below(path)
    )
    return sum(sizes)


def copy(path: AnyPath, to: AnyPath) -> None:
    """Copy a file within a storage; as a hard link if the file system has them."""
    if isinstance(path, RemotePath) and isinstance(to, RemotePath):
        path.copy_to(to)
        return
    try:
        os.link(str(path), str(to))
    except OSError:  # no hard links on this file system
        shutil.copy2(str(path), str(to))


def remove(path: AnyPath, last: str = "") -> None:
    """Remove a file, or a folder with everything in it. A symbolic link is removed and never followed.

    The file called ``last`` is removed after all others: a folder that was only partly removed still has it.
    """
    files = files_below(path)
    each(path, lambda file: file.unlink(missing_ok=True), [file for file in files if file.name != last])
    each(path, lambda file: file.unlink(missing_ok=True), [file for file in files if file.name == last])
    if not isinstance(path, RemotePath) and path.is_dir():
        shutil.rmtree(path)


def is_within(folder: AnyPath, path: AnyPath) -> bool:
    """Whether the path is in the folder, once the symbolic links above it are followed."""
    if isinstance(folder, RemotePath) or isinstance(path, RemotePath):
        return str(path).startswith(f"{folder}/")
    return path.parent.resolve().is_relative_to(folder.resolve())

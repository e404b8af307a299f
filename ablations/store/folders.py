"""What is done with the files of a storage, be it a folder or in an object store."""

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
    """``function`` of every item, in order, where it looks for something in the folder: several at a time in an object
    store, where each look waits for an answer."""
    if not isinstance(folder, RemotePath):
        return [function(item) for item in items]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        return list(threads.map(function, items))


def found(folder: AnyPath, pattern: str) -> list[AnyPath]:
    """What lies in it under names like this, in order."""
    return sorted([*folder.glob(pattern)], key=str)


def ids_in(folder: AnyPath) -> list[str]:
    """The names in a folder that are ids, ascending; none if there is no such folder.

    Raises ``OSError`` if it cannot be listed: ``glob`` would find nothing there, and what its trials need would be
    needed by nothing.
    """
    with suppress(FileNotFoundError):
        return sorted(path.name for path in folder.iterdir() if is_id(path.name))
    return []


def files_below(path: AnyPath) -> list[AnyPath]:
    """However deep; of a file, or a symbolic link, itself. A link among them is not followed."""
    if isinstance(path, RemotePath):
        return [*(path.files() or [path])]
    if path.is_symlink() or not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.is_symlink() or file.is_file()]


def size_of(path: AnyPath) -> int:
    """Bytes of a file, of everything in a folder, or of a symbolic link itself."""
    sizes = each(
        path, lambda file: file.size() if isinstance(file, RemotePath) else file.lstat().st_size, files_below(path)
    )
    return sum(sizes)


def copy(path: AnyPath, to: AnyPath) -> None:
    """A file, within a storage; as a hard link where that can be."""
    if isinstance(path, RemotePath) and isinstance(to, RemotePath):
        path.copy_to(to)
        return
    try:
        os.link(str(path), str(to))
    except OSError:  # no hard links on this file system
        shutil.copy2(str(path), str(to))


def remove(path: AnyPath, last: str = "") -> None:
    """A file, or a folder with all that is in it; the file of the name ``last`` after all others, so that who is killed
    meanwhile leaves a folder that still has it. A symbolic link is removed, and never followed."""
    files = files_below(path)
    each(path, lambda file: file.unlink(missing_ok=True), [file for file in files if file.name != last])
    each(path, lambda file: file.unlink(missing_ok=True), [file for file in files if file.name == last])
    if not isinstance(path, RemotePath) and path.is_dir():
        shutil.rmtree(path)


def is_within(folder: AnyPath, path: AnyPath) -> bool:
    """Whether it lies in the folder, and not elsewhere by way of a symbolic link to a folder above it."""
    if isinstance(folder, RemotePath) or isinstance(path, RemotePath):
        return str(path).startswith(f"{folder}/")
    return path.parent.resolve().is_relative_to(folder.resolve())

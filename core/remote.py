"""Objects of S3 and of Google Cloud Storage by the names that ``pathlib.Path`` has for files.

An object appears whole or not at all, and who asks after a write sees it. There are no folders: one is what the keys of
objects begin with, and is there while such an object is.

What goes wrong is an ``OSError``, whatever library it comes from: ``FileNotFoundError`` as with files, else
``StorageRefused`` or ``StorageAway``.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Self, TypeAlias

from core.errors import StorageAway, StorageRefused, is_full

LIBRARIES = {"s3": "s3fs", "gs": "gcsfs"}
"""By scheme, what fsspec needs. Both make an object on the condition that it is not there, which leases are made of."""
CREDENTIALS = "credentials come from the environment, or from the files that the provider's own tools keep"
PRESENT, CONFLICT = "PreconditionFailed", "ConditionalRequestConflict"
"""What S3 answers where an object is there already, and where it is made and removed at the same moment."""
BLOCK = 16 * 2**20
"""Bytes of a large object that are read at a time."""


@dataclass(frozen=True, order=True)
class RemotePath:
    """An object, or a folder of objects. What is not said of a method is as in ``pathlib.Path``."""

    scheme: str
    key: PurePosixPath
    """Its first part is the bucket."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.key}"

    def __truediv__(self, name: str) -> Self:
        return replace(self, key=self.key / name)

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def stem(self) -> str:
        return self.key.stem

    @property
    def suffix(self) -> str:
        return self.key.suffix

    @property
    def parent(self) -> Self:
        return replace(self, key=self.key.parent)

    def resolve(self) -> Self:
        return self

    def mkdir(self, parents: bool = False, exist_ok: bool = False) -> None:
        """There is nothing to make."""

    def exists(self) -> bool:
        return bool(self._ask("exists"))

    def is_dir(self) -> bool:
        return bool(self._ask("isdir"))

    def is_file(self) -> bool:
        return bool(self._ask("isfile"))

    def size(self) -> int:
        """In bytes."""
        return int(self._ask("size"))

    def iterdir(self) -> Iterator[Self]:
        return self.glob("*")

    def glob(self, pattern: str) -> Iterator[Self]:
        """Without ``**``. All that lies below is listed at once, however deep: 1,000 objects a request, where folder by
        folder a store of so many trials takes as many requests."""
        parts = PurePosixPath(pattern).parts
        plain = next(number for number, part in enumerate(parts) if "*" in part)
        base, wanted = replace(self, key=self.key.joinpath(*parts[:plain])), parts[plain:]
        below = [file.key.relative_to(base.key).parts[: len(wanted)] for file in base.files()]
        for found in dict.fromkeys(below):
            if len(found) == len(wanted) and all(map(fnmatchcase, found, wanted)):
                yield replace(self, key=base.key.joinpath(*found))

    def files(self) -> list[Self]:
        """Every object below, however deep."""
        with self._in_bucket():
            keys = self._ask("find")
        return [replace(self, key=PurePosixPath(key)) for key in keys if key.startswith(f"{self.key}/")]

    def read_bytes(self) -> bytes:
        return bytes(self._ask("cat_file"))

    def read_text(self) -> str:
        return self.read_bytes().decode()

    def download(self, file: BinaryIO) -> None:
        """Into ``file``. Raises ``StorageAway`` where the object is replaced meanwhile: there is no mixture of two."""
        with self._told(), self._store().open(str(self.key), "rb") as remote:
            shutil.copyfileobj(remote, file, BLOCK)

    def download_all(self, folder: Path) -> None:
        """Every object below into a folder that is made for it."""
        with self._told():
            self._store().get(f"{self.key}/", f"{folder}/", recursive=True)

    def upload(self, file: Path) -> None:
        """Whole or not at all: parts of a large one are put together at the end, and are no object before."""
        with self._in_bucket(), self._told():
            self._store().put_file(str(file), str(self.key))

    def write_bytes(self, content: bytes) -> None:
        with self._in_bucket():
            self._ask("pipe_file", content)

    def touch(self) -> None:
        self.write_bytes(b"")

    def create(self, content: bytes) -> bool:
        """False where it is there already: of several that create it at once, it is True for one."""
        while True:
            try:
                with self._in_bucket():
                    self._ask("pipe_file", content, mode="create")
            except FileExistsError:
                return False
            except StorageAway as error:
                if PRESENT in str(error):
                    return False
                if CONFLICT not in str(error):
                    raise
            else:
                return True

    def copy_to(self, other: Self) -> None:
        """Without passing through this machine."""
        self._ask("cp_file", str(other.key))

    def unlink(self, missing_ok: bool = False) -> None:
        """Where there is nothing S3 says nothing, so that nothing is raised whatever ``missing_ok`` is."""
        with suppress(FileNotFoundError):
            self._ask("rm_file")

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        with self._told():
            return getattr(self._store(), method)(str(self.key), *arguments, **options)

    def _store(self) -> Any:
        """One for a process, which asks anew each time: other processes write too."""
        import fsspec  # here, since most runs keep to files

        return fsspec.filesystem(self.scheme, use_listings_cache=False)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _translated(error, str(self)) from error

    @contextmanager
    def _in_bucket(self) -> Iterator[None]:
        """Where an object need not be there, it is the bucket that is not."""
        try:
            yield
        except FileNotFoundError as error:
            bucket = f"{self.scheme}://{self.key.parts[0]}"
            raise StorageRefused(errno.ENOENT, "there is no such bucket; make it first", bucket) from error


AnyPath: TypeAlias = Path | RemotePath
"""A file or folder, here or in an object store."""


def _translated(error: Exception, place: str) -> Exception:
    """A mistake in the program stays what it is."""
    said = error.__cause__ or error  # of which s3fs keeps less
    text = f"{type(said).__name__}: {said}"
    if isinstance(error, FileNotFoundError | FileExistsError) or is_full(error):  # the disk here, of a download
        return error
    if isinstance(error, ImportError):
        return StorageRefused(errno.ENOSYS, f"needs {LIBRARIES[place.partition(':')[0]]}: {error}", place)
    if isinstance(error, PermissionError) or "redentials" in text or "Forbidden" in text:
        return StorageRefused(errno.EACCES, f"{text}; {CREDENTIALS}", place)
    if isinstance(error, OSError) or type(error).__module__ != "builtins":
        return StorageAway(errno.EIO, text, place)
    return error

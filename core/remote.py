"""Objects of S3 and Google Cloud Storage, with the methods that ``pathlib.Path`` has for files.

An object appears whole or not at all, and a reader that asks after a write sees it. There are no folders: a folder is a
common beginning of objects' keys, and exists while there is such an object.

Every failure is an ``OSError``, whatever library it comes from: ``FileNotFoundError`` as for files, else
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
"""Library that fsspec needs for each scheme. Both can create an object on condition that it does not exist, on which
leases are built."""
CREDENTIALS = "credentials come from the environment, or from the files that the provider's own tools keep"
PRESENT, CONFLICT = "PreconditionFailed", "ConditionalRequestConflict"
"""Answers of S3 where an object exists already, and where it is created and removed at the same moment."""
BLOCK = 16 * 2**20
"""Number of bytes of a large object that are read at a time."""


@dataclass(frozen=True, order=True)
class RemotePath:
    """An object, or a folder of objects. Methods without a description do what they do in ``pathlib.Path``."""

    scheme: str
    key: PurePosixPath
    """Bucket, followed by the key within it."""

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
        """Do nothing: there are no folders to create."""

    def exists(self) -> bool:
        return bool(self._ask("exists"))

    def is_dir(self) -> bool:
        return bool(self._ask("isdir"))

    def is_file(self) -> bool:
        return bool(self._ask("isfile"))

    def size(self) -> int:
        """Size in bytes."""
        return int(self._ask("size"))

    def iterdir(self) -> Iterator[Self]:
        return self.glob("*")

    def glob(self, pattern: str) -> Iterator[Self]:
        """Paths that match a pattern without ``**``. All objects below are listed at once, 1,000 for each request.
        Folder by folder, a store of as many trials would take as many requests."""
        parts = PurePosixPath(pattern).parts
        plain = next(number for number, part in enumerate(parts) if "*" in part)
        base, wanted = replace(self, key=self.key.joinpath(*parts[:plain])), parts[plain:]
        below = [file.key.relative_to(base.key).parts[: len(wanted)] for file in base.files()]
        for found in dict.fromkeys(below):
            if len(found) == len(wanted) and all(map(fnmatchcase, found, wanted)):
                yield replace(self, key=base.key.joinpath(*found))

    def files(self) -> list[Self]:
        """All objects below, at any depth."""
        with self._in_bucket():
            keys = self._ask("find")
        return [replace(self, key=PurePosixPath(key)) for key in keys if key.startswith(f"{self.key}/")]

    def versions(self) -> dict[str, str]:
        """Keys of all objects below, each with its size and what its store says of its version: an entity tag, which is
        a hash of the content in most cases, or the time of its last change."""
        with self._told():
            found = self._store().find(str(self.key), detail=True)
        names = ("ETag", "etag", "md5Hash", "LastModified", "updated", "created")
        return {
            key: f"{about.get('size')} {next((about[name] for name in names if about.get(name)), '')}"
            for key, about in found.items()
        }

    def read_bytes(self) -> bytes:
        return bytes(self._ask("cat_file"))

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)

    def download(self, file: BinaryIO) -> None:
        """Copy the object into ``file``. Raises ``StorageAway`` where the object is replaced during the copy, so that
        two versions are never mixed."""
        with self._told(), self._store().open(str(self.key), "rb") as remote:
            shutil.copyfileobj(remote, file, BLOCK)

    def download_all(self, folder: Path) -> None:
        """Copy all objects below into a folder that is created for them."""
        with self._told():
            self._store().get(f"{self.key}/", f"{folder}/", recursive=True)

    def upload(self, file: Path) -> None:
        """Copy a file to the object, which appears whole: the parts of a large one are joined at the end, and are no
        object before."""
        with self._in_bucket(), self._told():
            self._store().put_file(str(file), str(self.key))

    def write_bytes(self, content: bytes) -> None:
        with self._in_bucket():
            self._ask("pipe_file", content)

    def touch(self) -> None:
        self.write_bytes(b"")

    def create(self, content: bytes) -> bool:
        """Create the object and return whether it was created. If several processes create it at once, the result is
        True for one of them."""
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
        """Copy the object to another one, inside the store."""
        self._ask("cp_file", str(other.key))

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object. S3 does not say whether there was one, so that nothing is raised whatever ``missing_ok``
        is."""
        with suppress(FileNotFoundError):
            self._ask("rm_file")

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        with self._told():
            return getattr(self._store(), method)(str(self.key), *arguments, **options)

    def _store(self) -> Any:
        """The process's file system of this scheme. It keeps no listings, since other processes write too."""
        import fsspec  # imported here, since most runs use files only

        return fsspec.filesystem(self.scheme, use_listings_cache=False)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _translated(error, str(self)) from error

    @contextmanager
    def _in_bucket(self) -> Iterator[None]:
        """Report a missing bucket where the object itself need not exist."""
        try:
            yield
        except FileNotFoundError as error:
            bucket = f"{self.scheme}://{self.key.parts[0]}"
            raise StorageRefused(errno.ENOENT, "there is no such bucket; make it first", bucket) from error


AnyPath: TypeAlias = Path | RemotePath
"""A file or folder, on this machine or in an object store."""


def _translated(error: Exception, place: str) -> Exception:
    """Return the ``OSError`` that corresponds to an error of a library. A mistake in the program is returned
    unchanged."""
    said = error.__cause__ or error  # s3fs itself says less
    text = f"{type(said).__name__}: {said}"
    if isinstance(error, FileNotFoundError | FileExistsError) or is_full(
        error
    ):  # the local disk is full during a download
        return error
    if isinstance(error, ImportError):
        return StorageRefused(errno.ENOSYS, f"needs {LIBRARIES[place.partition(':')[0]]}: {error}", place)
    if isinstance(error, PermissionError) or "redentials" in text or "Forbidden" in text:
        return StorageRefused(errno.EACCES, f"{text}; {CREDENTIALS}", place)
    if isinstance(error, OSError) or type(error).__module__ != "builtins":
        return StorageAway(errno.EIO, text, place)
    return error

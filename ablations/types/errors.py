"""Errors that a user is told, each with its exit code.

AblateError (1)          something went wrong that running again may repair
  DiskFullError (1)      nothing can be kept
  LostStorageError (1)   the storage does not answer
  NotRecordedError (1)   MLflow has nothing of the study
  StudyError (2)         the study or the command line must be changed first
    StudiesError (2)       that holds for some studies of a collection
"""

import copyreg
import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ablations.types.wording import shortened
from core.errors import StorageAway, StorageRefused, is_full
from core.remote import AnyPath

IMPOSSIBLE = (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS)
"""Numbers of errors that no waiting mends: a name is too long, links run in a circle, a disk is read-only."""
PLACE_ERRORS = (*IMPOSSIBLE, errno.ENOENT, errno.EPERM, errno.EISDIR, errno.ENXIO)
"""Numbers of errors that concern the place of a file."""
LONGEST_PATH = 200
"""Characters of a path that a message repeats."""


class AblateError(Exception):
    """An error whose message names the place, the value and the remedy."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its message, not by the arguments of ``__init__``: it may come from another machine."""
        return copyreg.__newobj__, (type(self), *self.args)  # type: ignore[attr-defined]


class DiskFullError(AblateError):
    """No space is left, so nothing that is computed could be kept."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place}: no space is left on the disk; make room and run the same command again, which continues"
        )


class LostStorageError(AblateError):
    """The storage does not answer: results can be neither kept nor read."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"{error.filename}: {error.strerror}; finished results are kept, and once the storage answers again, the "
            "same command continues"
        )


class NotRecordedError(AblateError):
    """MLflow answers, but has nothing of a study at its scale."""


class StudyError(AblateError):
    """A study or a command line cannot be run as it is."""

    exit_code = 2


class StudiesError(StudyError):
    """Some studies of a collection cannot be run as they are."""

    studies: Sequence[str] = ()
    """Their names, by which the collection can be run without them."""

    @classmethod
    def of(cls, problems: Mapping[str, str]) -> Self:
        """Return the error of what is wrong with each study, by its name."""
        error = cls("\n".join(dict.fromkeys(problems.values())))
        error.studies = tuple(problems)
        return error


def storage_error(error: BaseException | None, place: AnyPath) -> AblateError | None:
    """The error to tell a user if this one means that the storage or a disk cannot be used; None for other errors.

    ``place`` is named if a full disk does not say which file could not be written.
    """
    match error:
        case StorageAway():
            return LostStorageError(error)
        case FileExistsError() if _is_broken_link(error.filename):
            return StudyError(f"{error.filename}: links to a place that is not there; make that, or remove the link")
        case NotADirectoryError():
            return StudyError(f"{error.filename}: {error.strerror}; choose another place, which is a folder")
        case StorageRefused() | FileExistsError() | PermissionError():
            return StudyError(f"{error.filename}: {error.strerror}")
    if isinstance(error, OSError) and is_full(error):
        return DiskFullError(str(error.filename or place))
    if isinstance(error, OSError) and error.errno in IMPOSSIBLE:
        path = shortened(str(error.filename or place), LONGEST_PATH)
        return StudyError(f"{path}: {error.strerror}; choose another place")
    return None


def _is_broken_link(path: str | None) -> bool:
    return path is not None and Path(path).is_symlink() and not Path(path).exists()


def place_error(error: OSError) -> AblateError | None:
    """The error to tell a user if this one means that a file or folder cannot be in the place asked for; else None."""
    if error.errno not in PLACE_ERRORS:
        return None
    if error.filename is None:  # as of Python's search for a temporary folder
        return StudyError(f"{error.strerror}; set TMPDIR to a folder that this user can write")
    return StudyError(f"{shortened(str(error.filename), LONGEST_PATH)}: {error.strerror}; choose another place")

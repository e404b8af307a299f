"""What a user can be told, and the exit code that goes with it.

AblateError (1)          something went wrong that running again may mend
  DiskFullError (1)      nothing can be kept
  LostStorageError (1)   the store does not answer
  NotRecordedError (1)   MLflow has nothing of the study
  StudyError (2)         the study, or the command line, must be changed first
"""

import copyreg
from typing import Any

from core.errors import StorageAway, StorageRefused, is_full
from core.remote import AnyPath


class AblateError(Exception):
    """The message names the place, the value and the remedy."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """By its message, and not by what ``__init__`` makes one of: it may come from another machine."""
        return copyreg.__newobj__, (type(self), *self.args)  # type: ignore[attr-defined]


class DiskFullError(AblateError):
    """Nothing that would be computed could be kept."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place}: no space is left on the disk; make room and run the same command again, which continues"
        )


class LostStorageError(AblateError):
    """What is computed cannot be kept, and what is kept cannot be seen."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"{error.filename}: {error.strerror}; what is finished is kept, and once the storage answers again, the "
            "same command continues"
        )


class NotRecordedError(AblateError):
    """MLflow answers, and has nothing of a study at its scale."""


class StudyError(AblateError):
    """A study or a command line that cannot be run as it is."""

    exit_code = 2


def of_storage(error: BaseException | None, place: AnyPath) -> AblateError | None:
    """What is said where the storage, or a disk, cannot be used; of a full disk that names no file, of ``place``. None
    of any other error."""
    match error:
        case StorageAway():
            return LostStorageError(error)
        case StorageRefused() | NotADirectoryError() | FileExistsError() | PermissionError():
            return StudyError(f"{error.filename}: {error.strerror}")
    if isinstance(error, OSError) and is_full(error):
        return DiskFullError(str(error.filename or place))
    return None

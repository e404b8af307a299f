"""What a user can be told, and the exit code that goes with it.

AblateError (1)          something went wrong that running again may mend
  DiskFullError (1)      nothing can be kept
  LostStorageError (1)   the store does not answer
  NotRecordedError (1)   MLflow has nothing of the study
  StudyError (2)         the study, or the command line, must be changed first
"""


class AblateError(Exception):
    """The message names the place, the value and the remedy."""

    exit_code = 1


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

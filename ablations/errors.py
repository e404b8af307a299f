"""What a user can be told, and the exit code that goes with it.

AblateError (1)          something went wrong that running again may mend
  NotRecordedError (1)   MLflow has nothing of the study
  StudyError (2)         the study, or the command line, must be changed first
"""


class AblateError(Exception):
    """The message names the place, the value and the remedy."""

    exit_code = 1


class NotRecordedError(AblateError):
    """MLflow answers, and has nothing of a study at its scale."""


class StudyError(AblateError):
    """A study or a command line that cannot be run as it is."""

    exit_code = 2

"""What can go wrong for a user.

ValueError
  DataError        data is missing, unreadable or unfit
    MissingData      it may be there again later
RuntimeError
  Diverged         the loss or a weight is not finite
  ProcessLost      another process of the same training is gone
OSError
  StorageRefused   an object store cannot be used as it is named
  StorageAway      an object store does not answer, or not as it should
"""

import errno


class DataError(ValueError):
    """The message names the file, folder or setting, and the remedy."""


class MissingData(DataError):
    """What is named is not there, or no longer there: nothing that a training could have been given."""


class Diverged(RuntimeError):
    """The message names the step, the learning rate and what to try."""


class ProcessLost(RuntimeError):
    """The others cannot go on without it. All of them continue from the last checkpoint."""


class StorageRefused(OSError):
    """There is no such bucket, or no right to use it. ``filename`` is the place, ``strerror`` the reason."""


class StorageAway(OSError):
    """It may answer again later. ``filename`` is the place, ``strerror`` what its library said."""


def check_type(value: object, kind: type, name: str) -> None:
    """Raises ``TypeError`` where an argument called ``name`` is of another type than ``kind``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} should be a {kind.__name__}, not {value!r:.80}")


def is_full(error: BaseException) -> bool:
    """Whether it says that no space is left: on the disk, or of what the user may take of it."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)

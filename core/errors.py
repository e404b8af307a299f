"""Errors for a user.

ValueError
  DataError        data is missing, unreadable or unfit
    MissingData      it may be there again later
    OtherData        it is not what was asked for
RuntimeError
  Diverged         the loss or a weight is not finite, or the loss stays above that of a guess
  Collapsed        all images have one projection
  ProcessLost      another process of the same training is gone
OSError
  StorageRefused   an object store cannot be used as it is named
  StorageAway      an object store does not answer, or not as it should
"""

import errno


class DataError(ValueError):
    """Data is missing, unreadable or unfit. The message names the file, folder or setting, and the remedy."""


class MissingData(DataError):
    """Data that is named is not there, or no longer there, so that no training was given it."""


class OtherData(DataError):
    """The images are not those that were asked for, so that no training was given them."""


class Diverged(RuntimeError):
    """The loss or a weight is not finite, or the loss stays above that of a guess. The message names the step or epoch,
    the learning rate and what to try."""


class Collapsed(RuntimeError):
    """All images have one projection, from which nothing more is learned. The message names the epoch and what to
    try."""


class ProcessLost(RuntimeError):
    """Another process of the same training is gone, and the rest cannot go on without it. A new start continues from
    the last checkpoint."""


class StorageRefused(OSError):
    """An object store cannot be used as it is named: there is no such bucket, or no permission to use it. ``filename``
    is the place, ``strerror`` the reason."""


class StorageAway(OSError):
    """An object store does not answer, or not as it should. It may answer again later. ``filename`` is the place,
    ``strerror`` the message of the library."""


def check_type(value: object, kind: type, name: str) -> None:
    """Raise ``TypeError`` where the argument called ``name`` is not of the type ``kind``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} should be a {kind.__name__}, not {value!r:.80}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, a GPU's or the machine's."""
    names = {base.__name__ for base in type(error).__mro__}
    # PyTorch on a CPU says it only in words
    return bool(names & {"OutOfMemoryError", "MemoryError"}) or "can't allocate memory" in str(error)


def is_full(error: BaseException) -> bool:
    """Whether an error says that no space is left, on the disk or in the user's quota."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)

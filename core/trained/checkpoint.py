"""Checkpoint files."""

import errno
from typing import Any, BinaryIO

import torch

from core.files import as_local, whole_file
from core.remote import AnyPath


def save_checkpoint(path: AnyPath, state: dict[str, Any]) -> None:
    """Write tensors and plain values to a file that appears whole or not at all."""
    with whole_file(path) as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:  # on a full disk, PyTorch only says that the position is not the expected one
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise


def load_checkpoint(path: AnyPath) -> dict[str, Any] | None:
    """Return what was saved, on the CPU, or None where there is no readable checkpoint. Runs no code from the file.

    A file that exists and cannot be opened or read raises ``OSError``: it could be whole.
    """
    try:
        with as_local(path) as local, local.open("rb") as file:
            return _loaded(file)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _loaded(file: BinaryIO) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a damaged file may name a place before its beginning
            raise
        return None
    except Exception:  # a damaged file may raise almost anything: RuntimeError, UnpicklingError, KeyError, ...
        return None
    return state

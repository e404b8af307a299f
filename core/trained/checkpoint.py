"""Checkpoint files."""

import errno
import os
import re
from typing import Any, BinaryIO

import torch

from core.errors import is_out_of_memory
from core.files import DAMAGED, as_local, whole_file
from core.remote import AnyPath, RemotePath


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

    A file that exists and cannot be opened or read raises ``OSError``, and one that memory does not suffice for raises
    ``RuntimeError`` or ``MemoryError``: it could be whole.
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
    except Exception as error:  # a damaged file may raise almost anything: RuntimeError, UnpicklingError, KeyError, ...
        if is_out_of_memory(error) and not _wants_more_than(file, error):
            raise
        return None
    return state


def _wants_more_than(file: BinaryIO, error: Exception) -> bool:
    """Whether memory ran out for a tensor that is larger than the file, which a damaged file may name."""
    wanted = re.search(r"tried to allocate (\d+) bytes", str(error))
    return wanted is not None and int(wanted[1]) > os.fstat(file.fileno()).st_size


def set_aside(path: AnyPath) -> AnyPath | None:
    """Rename a file that ``load_checkpoint`` cannot read, and return its new name beside the old one; None where there
    is no file. An earlier file of the new name is replaced."""
    if not path.is_file():
        return None
    aside = path.parent / f"{path.name}{DAMAGED}"
    if isinstance(path, RemotePath):
        path.copy_to(aside)  # type: ignore[arg-type]
        path.unlink()
    else:
        path.replace(aside)  # type: ignore[arg-type]
    return aside

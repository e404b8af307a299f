"""The state of a training, in a file."""

from typing import Any, BinaryIO

import torch

from core.files import as_local, whole_file
from core.remote import AnyPath


def save_checkpoint(path: AnyPath, state: dict[str, Any]) -> None:
    """Tensors and plain values; the file appears whole or not at all."""
    with whole_file(path) as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:  # of a full disk PyTorch says only that it is at another position than expected
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise


def load_checkpoint(path: AnyPath) -> dict[str, Any] | None:
    """What was saved, on the CPU, or None where there is no readable checkpoint. Runs no code from the file.

    A file that is there and may not be opened is an ``OSError``: it could be whole.
    """
    try:
        with as_local(path) as local, local.open("rb") as file:
            return _loaded(file)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _loaded(file: BinaryIO) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception:  # of a damaged file almost any: OSError, RuntimeError, UnpicklingError, KeyError, ...
        return None
    return state

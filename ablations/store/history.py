"""The history of a training: its epochs, as history.json and the encoder's own file have them."""

from typing import Any

from pydantic import TypeAdapter

from core.history import Epoch
from core.remote import AnyPath

_EPOCHS = TypeAdapter(tuple[Epoch, ...])


def epochs(values: Any) -> tuple[Epoch, ...]:
    """The epochs of a history, in any version. Raises ``ValueError`` for anything else."""
    try:
        found = [Epoch.from_json(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"is damaged ({error})") from error
    return _EPOCHS.validate_python([vars(epoch) for epoch in found])


def history_in_encoder(path: AnyPath) -> tuple[Epoch, ...]:
    """The history in an encoder's file; empty if there is no such file."""
    if not path.exists():
        return ()
    from core.trained.checkpoint import load_checkpoint  # here, since most commands need no torch

    return epochs((load_checkpoint(path) or {}).get("history", []))

"""The state of a training on disk."""

import pickle
from pathlib import Path
from typing import Any

import torch

from core.files import whole_file


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Tensors and plain values; the file appears whole or not at all."""
    with whole_file(path) as file:
        torch.save(state, file)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """What was saved, on the CPU, or None where there is no readable checkpoint. Runs no code from the file."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, EOFError, RuntimeError, pickle.UnpicklingError):
        return None
    return state

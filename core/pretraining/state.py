"""State of a training between two steps, as it is kept in a checkpoint."""

from collections.abc import Mapping
from typing import Any

VERSION = 2
"""Version of a checkpoint's layout. Version 1 had the encoder and the head as one ``model``, and no other modules."""


def in_this_version(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state of this version or an older one in the layout of this version."""
    state = dict(state)
    if state.pop("version", 1) == 1:
        model = state.pop("model")
        state["encoder"] = {name.removeprefix("0."): model[name] for name in model if name.startswith("0.")}
        state["method"] = {f"head.{name.removeprefix('1.')}": model[name] for name in model if name.startswith("1.")}
    return state

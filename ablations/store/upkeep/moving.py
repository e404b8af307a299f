"""Gives trials and encoders other ids, without training anything again.

A new folder is written, marked as unfinished until it is complete, and the old one is removed after that. If this is
interrupted, the next call continues. Folders are not renamed, since an object store has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ablations.store.folders import copy, remove
from ablations.store.json_files import read_json, sealed, unsealed, write_json
from ablations.store.trial_store import ENCODER, StoredTrial, TrialStore
from ablations.types.identity import without_none
from core.files import read_text, write_text
from core.remote import AnyPath

FORMER = "former_id"
"""Name of a file with the former id of a folder that was moved."""
UNFINISHED = "unfinished"
"""Name of a file that marks a folder as incomplete."""

Values = dict[str, Any]
Write = Callable[[AnyPath, AnyPath], None]


@dataclass
class Moves:
    """One pass over a store, in which encoders are moved first, then trials."""

    store: TrialStore
    left: dict[str, str] = field(default_factory=dict)
    """Reasons why trials and encoders stay as they are, by their kind and id."""
    moved: dict[str, int] = field(default_factory=lambda: {"trial": 0, "encoder": 0})
    """Numbers of trials and encoders that were moved."""

    def encoder(self, old: str, new: str, config: Values) -> None:
        """Move an encoder to its new id. ``config`` is its new configuration, which its weights' file and its
        checkpoint get too."""

        def write(old: AnyPath, new: AnyPath) -> None:
            from core.trained.checkpoint import load_checkpoint, save_checkpoint  # here, since most commands need none

            write_json(new / "config.json", config)
            for name in ("encoder.pt", "checkpoint.pt"):
                if state := load_checkpoint(old / name):
                    values = without_none(config) if name == "checkpoint.pt" else config
                    save_checkpoint(new / name, {**state, "config": values})

        self._move("encoder", self.store.encoder_folder(old), self.store.encoder_folder(new), write)

    def trial(self, trial: StoredTrial, new: str, encoder: str, config: Values, facts: Mapping[str, str] = {}) -> None:
        """Move a trial to its new id. ``encoder`` is the new id of its encoder, ``config`` its new configuration, and
        ``facts`` are added to its result."""

        def write(old: AnyPath, to: AnyPath) -> None:
            write_json(to / "config.json", {ENCODER: encoder, **config})
            if trial.result:
                values = unsealed(read_json(old / "result.json") or {})
                values |= trial.result.to_json() | {"trial_id": new, "facts": {**trial.result.facts, **facts}}
                values.pop("status", None)  # of version 0.1
                write_json(to / "result.json", sealed(values))

        self._move("trial", self.store.trial_folder(trial.id), self.store.trial_folder(new), write)

    def _move(self, kind: str, old: AnyPath, new: AnyPath, write: Write) -> None:
        if not old.exists():
            return  # a training that never began, or one that was moved before this was interrupted
        if (new / UNFINISHED).exists():
            remove(new, last=UNFINISHED)
        if not new.exists():
            _build(old, new, write)
        if (new / FORMER).exists() and read_text(new / FORMER) == old.name:
            remove(old, last="config.json")  # while that is there, it is found again
            self.moved[kind] += 1
        else:
            self.left[f"{kind} {old.name}"] = f"it would be {new.name}, which is there already"


def _build(old: AnyPath, new: AnyPath, write: Write) -> None:
    """Write the new folder: the files that ``write`` makes, and copies of the old folder's other files."""
    write_text(new / UNFINISHED, "")
    write(old, new)
    for path in old.iterdir():
        if path.is_file() and not path.name.startswith((".", "lease.")) and not (new / path.name).exists():
            copy(path, new / path.name)
    write_text(new / FORMER, old.name)
    (new / UNFINISHED).unlink()

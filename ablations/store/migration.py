"""A storage of an older schema is brought to this program's: nothing that was trained is trained again.

``schema.json`` says of which schema a storage is. Of which a trial is, its id says, since the schema is hashed with the
configuration. A folder is made anew, says so until it is whole, and only then the old one is removed: wherever this
ends, it goes on from there the next time. That moves no folder, which object stores could not.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ablations.store.folders import copy, remove
from ablations.store.json_files import read_json, sealed, write_json
from ablations.store.leases.live_run import alone
from ablations.store.trial_store import StoredTrial, TrialStore, trial_values
from ablations.types import identity
from ablations.types.errors import StudyError
from core.config import PretrainConfig, TrainConfig
from core.files import read_text, write_text
from core.remote import AnyPath

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[int, Step] = {}
"""Steps from one schema to the next, by the schema that each leads from. A step translates a trial's ``TrainConfig``,
as plain values, and raises for what it cannot translate; such a trial is left as it is."""

FORMER = "former_id"
"""Name of a file with the former id of a folder that was moved."""
UNFINISHED = "unfinished"
"""Name of a file that marks a folder as incomplete."""


def open_store(root: AnyPath, tell: Callable[[str], None]) -> TrialStore:
    """The store, in this program's schema; ``tell`` is told what had to be moved for it, and of damaged files.

    Raises ``StudyError`` where a newer program has written it, or a run is using it while it must be moved.
    """
    store = TrialStore(root, tell)
    if _schema(store) < identity.SCHEMA:
        with alone(root):
            tell(_Migration(store).run())
            _write_schema(store)
    return store


def keep_schema(store: TrialStore) -> None:
    """Say of which schema the storage is, where nothing does. Raises ``StudyError`` as ``open_store`` does."""
    if _schema(store) == identity.SCHEMA:
        _write_schema(store)


def _schema(store: TrialStore) -> int:
    """Before it was written down there was schema 1; of a file that is damaged nobody knows, and a migration finds out
    trial by trial."""
    schema = (read_json(store.root / "schema.json") or {}).get("schema")
    if not isinstance(schema, int):
        return 1 if store.trial_ids() else identity.SCHEMA
    if schema > identity.SCHEMA:
        raise StudyError(
            f"{store.root}: the storage is of schema {schema}, and this version knows schema {identity.SCHEMA}; "
            "install a newer one, or choose another --storage"
        )
    return schema


def _write_schema(store: TrialStore) -> None:
    write_text(store.root / "schema.json", json.dumps({"schema": identity.SCHEMA}))


def upgraded(trial: StoredTrial) -> TrainConfig | None:
    """The trial's configuration in this program's schema; None where it is of it already. Raises whatever a step or
    the validation raises, and ValueError for a trial of no schema that is known."""
    values = trial.config
    schema = identity.schema_of(trial.id, trial.pretrain_id, values)
    if schema is None:
        raise ValueError("its id is not that of its configuration in any schema, or its encoder's is not")
    for before in range(schema, identity.SCHEMA):
        values = STEPS[before](values)
    return None if schema == identity.SCHEMA else TrainConfig.model_validate(values)


@dataclass
class _Migration:
    """One pass over a store. First the encoders move: which they are, only the old trials say."""

    store: TrialStore
    left: dict[str, str] = field(default_factory=dict)
    """What stays as it is, and why."""
    moved: dict[str, int] = field(default_factory=lambda: {"trial": 0, "encoder": 0})

    def run(self) -> str:
        """What was done, in a sentence."""
        trials = list(self._upgraded())
        encoders = {trial.pretrain_id: config.pretrain for trial, config in trials if trial.pretrain_id}
        for old, pretrain in encoders.items():
            new = identity.pretrain_id(pretrain)
            self._move("encoder", self.store.encoder_folder(old), self.store.encoder_folder(new), _encoder(pretrain))
        for trial, config in trials:
            folder = self.store.trial_folder(identity.trial_id(config))
            self._move("trial", self.store.trial_folder(trial.id), folder, _trial(trial, config))
        done = f"moved {self.moved['trial']} trials and {self.moved['encoder']} encoders of {self.store.root} to "
        left = [f"{name} is left as it is: {reason}" for name, reason in self.left.items()]
        return "\n".join([f"{done}schema {identity.SCHEMA}", *left])

    def _upgraded(self) -> Iterator[tuple[StoredTrial, TrainConfig]]:
        for trial in self.store.all_stored():
            try:
                if config := upgraded(trial):
                    yield trial, config
            except Exception as error:  # a step may raise anything
                self.left[f"trial {trial.id}"] = f"{type(error).__name__}: {error}"

    def _move(self, kind: str, old: AnyPath, new: AnyPath, write: Callable[[AnyPath, AnyPath], None]) -> None:
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
            self.left[f"{kind} {old.name}"] = f"in schema {identity.SCHEMA} it is {new.name}, which is there already"


def _build(old: AnyPath, new: AnyPath, write: Callable[[AnyPath, AnyPath], None]) -> None:
    """All that is in the old folder, but for what ``write`` writes into the new one."""
    write_text(new / UNFINISHED, "")
    write(old, new)
    for path in old.iterdir():
        if path.is_file() and not path.name.startswith((".", "lease.")) and not (new / path.name).exists():
            copy(path, new / path.name)
    write_text(new / FORMER, old.name)
    (new / UNFINISHED).unlink()


def _trial(trial: StoredTrial, config: TrainConfig) -> Callable[[AnyPath, AnyPath], None]:
    def write(old: AnyPath, new: AnyPath) -> None:
        write_json(new / "config.json", trial_values(identity.pretrain_id(config.pretrain), config))
        if trial.result:
            result = replace(trial.result, trial_id=identity.trial_id(config))
            write_json(new / "result.json", sealed(result.to_json()))

    return write


def _encoder(config: PretrainConfig) -> Callable[[AnyPath, AnyPath], None]:
    """Its files hold its configuration as well, and are not taken for another's."""

    def write(old: AnyPath, new: AnyPath) -> None:
        from core.trained.checkpoint import load_checkpoint, save_checkpoint  # here, since most commands need none

        write_json(new / "config.json", config.model_dump(mode="json"))
        for name in ("encoder.pt", "checkpoint.pt"):
            if state := load_checkpoint(old / name):
                values = config.model_dump(mode="json", exclude_none=name == "checkpoint.pt")
                save_checkpoint(new / name, {**state, "config": values})

    return write

"""Migrates a storage of an older schema to today's. Nothing that was trained is trained again.

``schema.json`` says of which schema a storage is. A trial's id says of which the trial is, since the schema is hashed
with the configuration. If the migration is interrupted, it goes on the next time; see ``moving``.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ablations.store.json_files import read_json
from ablations.store.leases.live_run import alone
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.store.upkeep.moving import Moves
from ablations.types import identity
from ablations.types.errors import StudyError
from core.config import TrainConfig
from core.files import write_text
from core.remote import AnyPath

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[int, Step] = {}
"""Steps from one schema to the next, by the schema that each leads from. A step translates a trial's ``TrainConfig``,
as plain values, and raises for what it cannot translate; such a trial is left as it is."""


def open_store(root: AnyPath, tell: Callable[[str], None]) -> TrialStore:
    """The store, migrated to this program's schema if need be. ``tell`` is told what was moved, and of damaged files.

    Raises ``StudyError`` if a newer program has written the storage, or if it must be migrated while a run uses it.
    """
    store = TrialStore(root, tell)
    if _schema(store) < identity.SCHEMA:
        with alone(root):
            tell(_migrated(store))
            _write_schema(store)
    return store


def keep_schema(store: TrialStore) -> None:
    """Write ``schema.json`` unless it is there. Raises ``StudyError`` if a newer program has written the storage."""
    if _schema(store) == identity.SCHEMA:
        _write_schema(store)


def _schema(store: TrialStore) -> int:
    """The schema of the storage: 1 if ``schema.json`` is missing or damaged and there are trials, since schema 1 wrote
    no such file. A migration looks at each trial anyway. Raises ``StudyError`` for a schema that is not known yet."""
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
    """The trial's configuration in this program's schema; None if it is in that schema already.

    Raises ``ValueError`` if its id fits no known schema, and anything that a step or the validation raises.
    """
    values = trial.config
    schema = identity.schema_of(trial.id, trial.pretrain_id, values)
    if schema is None:
        raise ValueError("its id is not that of its configuration in any schema, or its encoder's is not")
    for before in range(schema, identity.SCHEMA):
        values = STEPS[before](values)
    return None if schema == identity.SCHEMA else TrainConfig.model_validate(values)


def _migrated(store: TrialStore) -> str:
    """Move everything; return what was done in sentences. Encoders move first, since only the old trials name them."""
    moves = Moves(store)
    trials = list(_upgraded(moves))
    encoders = {trial.pretrain_id: config.pretrain for trial, config in trials if trial.pretrain_id}
    for old, pretrain in encoders.items():
        moves.encoder(old, identity.pretrain_id(pretrain), pretrain.model_dump(mode="json"))
    for trial, config in trials:
        encoder = identity.pretrain_id(config.pretrain)
        moves.trial(trial, identity.trial_id(config), encoder, config.model_dump(mode="json"))
    done = f"moved {moves.moved['trial']} trials and {moves.moved['encoder']} encoders of {store.root} to "
    left = [f"{name} is left as it is: {reason}" for name, reason in moves.left.items()]
    return "\n".join([f"{done}schema {identity.SCHEMA}", *left])


def _upgraded(moves: Moves) -> Iterator[tuple[StoredTrial, TrainConfig]]:
    for trial in moves.store.all_stored():
        try:
            if config := upgraded(trial):
                yield trial, config
        except Exception as error:  # a step may raise anything
            moves.left[f"trial {trial.id}"] = f"{type(error).__name__}: {error}"

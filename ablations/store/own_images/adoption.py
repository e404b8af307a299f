"""Results from before fingerprints count for the images that a folder has when a run first meets it.

They are moved to the ids that they have with the fingerprint, so that this happens once: other images in the folder
later are other trials.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.store.upkeep.moving import Moves
from ablations.types.identity import SCHEMA, digest, schema_of
from ablations.types.own_images import FINGERPRINT, IMAGES
from core.config import DataConfig
from core.config.base import OWN_CODE
from core.config.data import PART_FIELDS
from core.data.catalog import is_built_in, is_own

Values = dict[str, Any]
Fingerprints = Callable[[DataConfig], str | None]
"""The fingerprint of a data set as a whole; None where it is not known."""
TAKEN_OVER = "taken over: the result is older than its fingerprint"


def can_be_adopted(store: TrialStore, names: Collection[str], fingerprints: Fingerprints) -> bool:
    """Whether the storage has a result or an encoder to move."""
    return any(with_fingerprints(trial, names, fingerprints) for trial in store.all_stored())


def adopt(store: TrialStore, names: Collection[str], fingerprints: Fingerprints) -> Moves:
    """Move the results and encoders of folders of these names to their ids with fingerprints. Those that need a folder
    without a known fingerprint stay as they are. To be called while no run uses the storage."""
    moves = Moves(store)
    found = [(trial, with_fingerprints(trial, names, fingerprints)) for trial in store.all_stored()]
    for trial, values in found:
        if values and trial.pretrain_id:
            pretrain = values["pretrain"]
            moves.encoder(trial.pretrain_id, digest("pretrain", SCHEMA, pretrain), pretrain)
    for trial, values in found:
        if values:
            encoder = digest("pretrain", SCHEMA, values["pretrain"])
            facts = {IMAGES: f"{_told(values)} ({TAKEN_OVER})"}
            moves.trial(trial, digest("trial", SCHEMA, values), encoder, values, facts)
    return moves


def with_fingerprints(trial: StoredTrial, names: Collection[str], fingerprints: Fingerprints) -> Values | None:
    """The configuration of a stored trial with the fingerprints of its images; None if it needs none of these folders,
    has its fingerprints, or cannot get all of them. Its own code need not be there."""
    if schema_of(trial.id, trial.pretrain_id, trial.config) != SCHEMA:
        return None
    values, met = dict(trial.config), set()
    for name in ("pretrain", "evaluate"):
        data = values[name].get("data")
        if data and _lacks(data):
            source = _source(data)
            found = fingerprints(source) if source else None
            if found is None:
                return None
            values[name] = {**values[name], "data": {**data, FINGERPRINT: found}}
            met.add(data["name"])
    return values if met.intersection(names) else None


def _lacks(data: Values) -> bool:
    """Whether it is an image folder without a fingerprint."""
    return FINGERPRINT not in data and not is_built_in(data["name"]) and (OWN_CODE not in data or is_own(data["name"]))


def _source(data: Values) -> DataConfig | None:
    """The whole data set of plain values, those of the pretraining or of an evaluation; None where they are of other
    code than the user's of today."""
    with suppress(ValidationError):
        return DataConfig.model_validate({name: value for name, value in data.items() if name not in PART_FIELDS})
    return None


def _told(config: Values) -> str:
    data = [part["data"] for part in (config["pretrain"], config["evaluate"]) if part.get("data")]
    return ", ".join(dict.fromkeys(f"{one['name']} {one[FINGERPRINT]}" for one in data if one.get(FINGERPRINT)))

"""Adopts results that are older than fingerprints of images, when a run first meets their image folder.

They count for the images that the folder has then, and are moved to the ids with that fingerprint. So this happens
once, and trials on other images in the folder are other trials.
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
"""A function that returns the fingerprint of a whole data set; None if it is not known."""
TAKEN_OVER = "taken over: the result is older than its fingerprint"


def can_be_adopted(store: TrialStore, names: Collection[str], fingerprints: Fingerprints) -> bool:
    """Whether the storage has a result or an encoder to move."""
    return any(with_fingerprints(trial, names, fingerprints) for trial in store.all_stored())


def adopt(store: TrialStore, names: Collection[str], fingerprints: Fingerprints) -> Moves:
    """Move the results and encoders on folders of these names to their ids with fingerprints; return the moves.

    Trials on a folder without a known fingerprint stay as they are. To be called while no run uses the storage.
    """
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
    """The configuration of a stored trial with the fingerprints of its images, as plain values.

    None if it uses none of these folders, has its fingerprints already, or lacks one that is not known. The user's own
    code that it needs need not be there.
    """
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
    """The whole data set of a pretraining's or an evaluation's plain values; None if they need the user's own code and
    that has changed."""
    with suppress(ValidationError):
        return DataConfig.model_validate({name: value for name, value in data.items() if name not in PART_FIELDS})
    return None


def _told(config: Values) -> str:
    data = [part["data"] for part in (config["pretrain"], config["evaluate"]) if part.get("data")]
    return ", ".join(dict.fromkeys(f"{one['name']} {one[FINGERPRINT]}" for one in data if one.get(FINGERPRINT)))

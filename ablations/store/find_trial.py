"""A trial of the storage by the beginning of its id or its encoder's, and the encoder that it is scored by."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.errors import StudyError

if TYPE_CHECKING:
    import torch

    from core import Pretrained


FEW_IDS = 5
"""Ids that a message lists."""


def find_trial(store: TrialStore, start: str) -> StoredTrial:
    """The trial whose id begins with ``start``, or the only trial of an encoder whose id does. Raises ``StudyError``
    unless there is exactly one, and for no start."""
    found = [trial_id for trial_id in store.trial_ids() if trial_id.startswith(start)]
    if not found:
        return store.stored(_only_of_encoder(store, start))
    if len(found) > 1:
        raise StudyError(f"{start}: {len(found)} trials begin so, such as {found[0]} and {found[1]}; write more of it")
    if not start:  # such as a variable of a script that was never set
        raise StudyError(f"'': write the id of a trial, or its beginning, such as {found[0]}")
    return store.stored(found[0])


def _only_of_encoder(store: TrialStore, start: str) -> str:
    """The id of the only trial of an encoder. Raises ``StudyError`` for several, and where there is no such encoder."""
    encoders = [encoder_id for encoder_id in store.encoder_ids() if encoder_id.startswith(start)]
    found = [id_ for id_ in store.trial_ids() if encoders and store.recorded(id_).pretrain_id in encoders]
    if not found:
        raise StudyError(f"{start}: {store.root} has no trial whose id begins so; 'ablate plan STUDY' shows ids")
    if len(encoders) > 1:
        told = f"{len(encoders)} encoders begin so, such as {encoders[0]} and {encoders[1]}"
        raise StudyError(f"{start}: {told}; write more of it")
    if len(found) > 1:
        trials = f"{', '.join(found[:FEW_IDS])}{' and more' if len(found) > FEW_IDS else ''}"
        raise StudyError(f"{start}: is an encoder of {len(found)} trials; write one of {trials}")
    return found[0]


def trained_encoder(store: TrialStore, trial: StoredTrial, device: "str | torch.device | None" = None) -> "Pretrained":
    """The encoder and head of a trial, on a device; without one, on the first GPU, else on the CPU.

    Raises ``StudyError`` if the storage has no readable file of them, or if they need the user's own code and that was
    not imported.
    """
    from core import load_pretrained  # here, since PyTorch comes with it

    try:
        found = load_pretrained(store.encoder_path(trial.pretrain_id), device) if trial.pretrain_id else None
    except ValidationError as error:
        told = "its configuration cannot be read; one of your own code needs --use FILE"
        raise StudyError(f"trial {trial.id}: {told}") from error
    if found is None:
        raise StudyError(f"trial {trial.id}: its encoder is not in {store.root}; running its study trains it")
    return found

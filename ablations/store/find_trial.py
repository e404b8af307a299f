"""A trial of the storage by the beginning of its id, and the encoder that it is scored by."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.errors import StudyError

if TYPE_CHECKING:
    import torch

    from core import Pretrained


def find_trial(store: TrialStore, start: str) -> StoredTrial:
    """The trial whose id begins with ``start``. Raises ``StudyError`` unless there is exactly one, and for no start."""
    found = [trial_id for trial_id in store.trial_ids() if trial_id.startswith(start)]
    if not found:
        raise StudyError(f"{start}: {store.root} has no trial whose id begins so; 'ablate plan STUDY' shows ids")
    if len(found) > 1:
        raise StudyError(f"{start}: {len(found)} trials begin so, such as {found[0]} and {found[1]}; write more of it")
    if not start:  # such as a variable of a script that was never set
        raise StudyError(f"'': write the id of a trial, or its beginning, such as {found[0]}")
    return store.stored(found[0])


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

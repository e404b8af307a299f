"""Trained encoders of a storage, loaded."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.errors import StudyError

if TYPE_CHECKING:
    import torch

    from core import Pretrained


def trained_encoder(store: TrialStore, trial: StoredTrial, device: "str | torch.device | None" = None) -> "Pretrained":
    """The encoder and head that a trial is scored by, on the device; None: the first GPU, else the CPU.

    Raises ``StudyError`` if the storage has no readable file of it, or if it is of code that was not run.
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

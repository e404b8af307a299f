"""Taking things out of a store: a trial by its id, or what nothing needs."""

from dataclasses import dataclass

from ablations.store.folders import found, remove, size_of
from ablations.store.trial_store import StoredTrial, TrialStore
from core.remote import AnyPath


@dataclass(frozen=True)
class Rubbish:
    """A file or a folder that nothing needs, and why."""

    path: AnyPath
    reason: str

    @property
    def size(self) -> int:
        """In bytes."""
        return size_of(self.path)

    def remove(self) -> None:
        remove(self.path)


def of_trial(store: TrialStore, trial: StoredTrial) -> list[Rubbish]:
    """The trial, and its encoder where no other trial in the store is of it."""
    rubbish = [Rubbish(store.trial_folder(trial.id), "the trial")]
    sharing = [other for other in store.all_stored() if other.pretrain_id == trial.pretrain_id]
    folder = store.encoder_folder(trial.pretrain_id)
    if len(sharing) == 1 and folder.is_dir():
        rubbish.append(Rubbish(folder, "its encoder"))
    return rubbish


def unneeded(store: TrialStore) -> list[Rubbish]:
    """Encoders of no trial in the store, checkpoints of trainings that are done, and files that were never finished.

    To be called while no run uses the store.
    """
    needed = {trial.pretrain_id for trial in store.all_stored()}
    orphans = [folder for folder in found(store.root, "encoders/*") if folder.name not in needed]
    trained = {path.parent for path in found(store.root, "encoders/*/encoder.pt")}
    checkpoints = [path for path in found(store.root, "encoders/*/checkpoint.pt") if path.parent in trained]
    rubbish = [Rubbish(folder, "an encoder of no trial") for folder in orphans]
    rubbish += [Rubbish(path, "the training is done") for path in checkpoints if path.parent not in orphans]
    rubbish += [Rubbish(path, "never finished") for path in store.unfinished() if path.parent not in orphans]
    return rubbish

"""Taking things out of a store: a trial by its id, or what nothing needs."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ablations.store import StoredTrial, TrialStore


@dataclass(frozen=True)
class Rubbish:
    """A file or a folder that nothing needs, and why."""

    path: Path
    reason: str

    @property
    def size(self) -> int:
        """In bytes."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())

    def remove(self) -> None:
        if self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)


def of_trial(store: TrialStore, trial: StoredTrial) -> list[Rubbish]:
    """The trial, and its encoder where no other trial in the store is of it."""
    found = [Rubbish(store.trial_folder(trial.id), "the trial")]
    sharing = [other for other in map(store.stored, store.trial_ids()) if other.pretrain_id == trial.pretrain_id]
    folder = store.encoder_folder(trial.pretrain_id)
    if len(sharing) == 1 and folder.is_dir():
        found.append(Rubbish(folder, "its encoder"))
    return found


def unneeded(store: TrialStore) -> list[Rubbish]:
    """Encoders of no trial in the store, checkpoints of trainings that are done, and files that were never finished.

    To be called while no run uses the store.
    """
    needed = {store.stored(trial_id).pretrain_id for trial_id in store.trial_ids()}
    orphans = [folder for folder in sorted(store.root.glob("encoders/*")) if folder.name not in needed]
    checkpoints = [
        path for path in sorted(store.root.glob("encoders/*/checkpoint.pt")) if (path.parent / "encoder.pt").exists()
    ]
    found = [Rubbish(folder, "an encoder of no trial") for folder in orphans]
    found += [Rubbish(path, "the training is done") for path in checkpoints if path.parent not in orphans]
    found += [Rubbish(path, "never finished") for path in store.unfinished() if path.parent not in orphans]
    return found

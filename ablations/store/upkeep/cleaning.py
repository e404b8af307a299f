"""Removes a trial from a store, or everything that no trial needs; and writes the storage's README.txt.

An encoder is removed only if certainly no trial needs it. A trial's config.json alone names its encoder. So while one
of these files is damaged, any encoder may be needed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ablations.store.folders import each, ids_in, is_within, remove, size_of
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.identity import is_id, schema_of
from core.files import write_text
from core.remote import AnyPath

README = "README.txt"
LAYOUT = """\
What ablate has trained and measured. Folders are named by ids, 16 hex digits; 'ablate show ID' tells of a trial.

  encoders/ID/   an encoder: its configuration, its weights (encoder.pt), and its curve (history.json)
                 while it is trained: checkpoint.pt, and lease.N, which says who trains it
                 *.damaged could not be read, and was trained again: 'ablate gc' removes it
  trials/ID/     a trial: its configuration, its scores (result.json), and arrays that figures are drawn from
  code/          your own code that trials need
  reports/       figures, tables and pages, by study and scale
  schema.json    the version of this layout
  other folders  notes on studies, images, speeds, and runs that go on

What may be deleted, while nothing runs:

  ablate gc --dry-run    lists what no trial needs, with sizes; without --dry-run it is removed
  ablate rm ID           removes a trial, and its encoder where no other trial is of it
  reports/               may go: 'ablate report STUDY' draws it again

The rest is the only copy of what was measured: results in MLflow are copies of it. 'ablate verify' checks every file.
"""
"""Text of a storage's README.txt: what is where, and what may be deleted."""


@dataclass(frozen=True)
class Rubbish:
    """A file or a folder that nothing needs, and why."""

    path: AnyPath
    reason: str

    @property
    def size(self) -> int:
        """Size in bytes."""
        return size_of(self.path)

    def remove(self) -> None:
        """Remove it. If it is a symbolic link, the link alone is removed."""
        remove(self.path)


@dataclass(frozen=True)
class Cleaning:
    """The files and folders that are to be removed from a store, and those that may be rubbish but stay."""

    root: AnyPath
    rubbish: list[Rubbish] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Sentences on what stays, each with the reason."""

    def add(self, path: AnyPath, reason: str) -> None:
        """Add a path to the rubbish, unless it lies outside the storage."""
        if not is_within(self.root, path):
            self.kept.append(f"{path} stays: a symbolic link leads out of {self.root} to it")
            return
        is_link = isinstance(path, Path) and path.is_symlink()
        self.rubbish.append(Rubbish(path, f"{reason}; a link, what it points to stays" if is_link else reason))


def of_trial(store: TrialStore, trial: StoredTrial) -> Cleaning:
    """The removal of a trial, and of its encoder if certainly no other trial needs that."""
    cleaning = Cleaning(store.root)
    cleaning.add(store.trial_folder(trial.id), "the trial")
    if trial.pretrain_id is None or not _is_whole(trial):
        cleaning.kept.append(f"its encoder stays: {_damage(store, trial)}, so it is not known which that is")
        return cleaning
    others = [other for other in _recorded(store) if other.id != trial.id]
    folder = store.encoder_folder(trial.pretrain_id)
    if trial.pretrain_id in {other.pretrain_id for other in others} or not folder.is_dir():
        return cleaning
    if doubts := list(_doubts(store, others)):
        cleaning.kept.append(f"its encoder {trial.pretrain_id} stays: {_first(doubts)}")
    else:
        cleaning.add(folder, "its encoder")
    return cleaning


def unneeded(store: TrialStore) -> Cleaning:
    """The removal of encoders without a trial, of checkpoints of finished trainings, and unfinished or damaged files.

    To be called while no run uses the store. Raises ``OSError`` if a folder of the store cannot be listed.
    """
    cleaning, trials = Cleaning(store.root), _recorded(store)
    encoders, needed = ids_in(store.root / "encoders"), {trial.pretrain_id for trial in trials}
    orphans = [encoder for encoder in encoders if encoder not in needed]
    if orphans and (doubts := list(_doubts(store, trials))):
        cleaning.kept.append(f"{len(orphans)} encoders that no trial names stay: {_first(doubts)}")
        orphans = []
    folders = [store.encoder_folder(encoder) for encoder in orphans]
    for folder in folders:
        cleaning.add(folder, "an encoder of no trial")
    for encoder in _trained(store, [encoder for encoder in encoders if encoder not in orphans]):
        cleaning.add(store.checkpoint_path(encoder), "the training is done")
    for path in store.unfinished():
        if path.parent not in folders:
            cleaning.add(path, "never finished")
    for path in store.damaged():
        if path.parent not in folders:
            cleaning.add(path, "damaged, and trained again")
    return cleaning


def _recorded(store: TrialStore) -> list[StoredTrial]:
    return each(store.root, store.recorded, store.trial_ids())


def _trained(store: TrialStore, encoders: list[str]) -> Iterator[str]:
    """The encoders that can be read and still have a checkpoint. A damaged encoder needs its checkpoint."""
    for encoder, has_checkpoint in zip(encoders, each(store.root, store.has_checkpoint, encoders), strict=True):
        if has_checkpoint:
            from core.trained.checkpoint import load_checkpoint  # here, since most commands need no torch

            if load_checkpoint(store.encoder_path(encoder)) is not None:
                yield encoder


def _doubts(store: TrialStore, trials: Iterable[StoredTrial]) -> Iterator[str]:
    """Reasons why an encoder that no trial names may be needed; none if it certainly is not."""
    folder = store.root / "trials"
    if not folder.is_dir():
        yield f"there is no folder {folder}"
        return
    for trial in trials:
        if not _is_whole(trial):
            yield f"{_damage(store, trial)}; run its study again, which mends it, or 'ablate rm {trial.id}'"
    for path in folder.iterdir():
        if not is_id(path.name) and (path / "config.json").exists():
            yield f"{path} has no trial's name; give it its old one, or move it out of the storage"


def _first(doubts: list[str]) -> str:
    return doubts[0] if len(doubts) == 1 else f"{doubts[0]}; and {len(doubts) - 1} more"


def _damage(store: TrialStore, trial: StoredTrial) -> str:
    path = store.trial_folder(trial.id) / "config.json"
    return f"{path} is not of this trial" if trial.config else f"{path} cannot be read"


def _is_whole(trial: StoredTrial) -> bool:
    return schema_of(trial.id, trial.pretrain_id, trial.config) is not None


def explain_storage(store: TrialStore) -> None:
    """Write the README, unless the storage has one."""
    path = store.root / README
    if not path.exists():
        write_text(path, LAYOUT)

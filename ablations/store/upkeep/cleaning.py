"""Taking things out of a store: a trial by its id, or what nothing needs. And the README that says so to people.

Only what certainly nothing needs is taken. Which encoder a trial needs, its config.json alone says: as long as one of
them is damaged, any encoder could be that trial's.
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
        """A symbolic link is removed, and what it points to is not."""
        remove(self.path)


@dataclass(frozen=True)
class Cleaning:
    """What is to be taken out of a store, and what stays in it though it may be rubbish."""

    root: AnyPath
    rubbish: list[Rubbish] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Sentences: what stays, and why."""

    def add(self, path: AnyPath, reason: str) -> None:
        """Add a path to the rubbish, unless it lies outside the storage."""
        if not is_within(self.root, path):
            self.kept.append(f"{path} stays: a symbolic link leads out of {self.root} to it")
            return
        is_link = isinstance(path, Path) and path.is_symlink()
        self.rubbish.append(Rubbish(path, f"{reason}; a link, what it points to stays" if is_link else reason))


def of_trial(store: TrialStore, trial: StoredTrial) -> Cleaning:
    """The trial, and its encoder where certainly no other trial in the store needs it."""
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
    """Encoders of no trial in the store, checkpoints of trainings that are done, and files that were never finished.

    To be called while no run uses the store. Raises ``OSError`` where a folder of it cannot be listed.
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
    return cleaning


def _recorded(store: TrialStore) -> list[StoredTrial]:
    return each(store.root, store.recorded, store.trial_ids())


def _trained(store: TrialStore, encoders: list[str]) -> Iterator[str]:
    """Those with a checkpoint beside an encoder that can be read: from a damaged one, training goes on from it."""
    for encoder, has_checkpoint in zip(encoders, each(store.root, store.has_checkpoint, encoders), strict=True):
        if has_checkpoint:
            from core.trained.checkpoint import load_checkpoint  # here, since most commands need no torch

            if load_checkpoint(store.encoder_path(encoder)) is not None:
                yield encoder


def _doubts(store: TrialStore, trials: Iterable[StoredTrial]) -> Iterator[str]:
    """Why an encoder that none of the trials names may be needed all the same; nothing where it certainly is not."""
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

"""Results from before fingerprints: the first run on a folder since takes them over, or trains them again."""

from collections.abc import Sequence

from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.own_images.old_results import undecided_folders
from ablations.store.leases.live_run import alone
from ablations.store.own_images.adoption import adopt, can_be_adopted
from ablations.store.own_images.notes import OldResults, save_notes
from ablations.store.trial_store import TrialStore
from ablations.types.own_images import data_of
from ablations.types.trial import Trial
from ablations.types.wording import counted, listed
from core.config import DataConfig
from core.remote import AnyPath


def take_over(plan: CollectionPlan, store: TrialStore, data_dir: AnyPath, retrain: bool = False) -> str:
    """Move all results on the plan's folders to their ids with fingerprints, once; not if ``retrain``.

    Returns what was moved, in a sentence; empty if nothing was. Then the plan is to be made again. Raises
    ``StudyError`` if something is to be moved while another run uses the storage.
    """
    trials = [trial for one in plan.plans for trial in one.trials]
    names = undecided_folders(trials, store.root)
    if not names:
        return ""
    folders, moved = Folders(data_dir, store.root), 0
    if not retrain and can_be_adopted(store, names, folders):
        with alone(store.root):
            moved = adopt(store, names, folders).moved["trial"]
    decided: OldResults = "trained again" if retrain else "taken over"
    save_notes(store.root, filter(None, map(folders.note, _sources(trials))), decided)
    return _told(moved, names) if moved else ""


def _sources(trials: Sequence[Trial]) -> list[DataConfig]:
    return list(dict.fromkeys(data.source for trial in trials for _, data in data_of(trial.config)))


def _told(moved: int, names: Sequence[str]) -> str:
    are, count = ("is", "counts") if moved == 1 else ("are", "count")
    return (
        f"{counted(moved, 'result')} on {listed(names)} {are} older than fingerprints of images, and {count} for the "
        "images as they are now, once. If these have changed since, 'ablate rm' removes a result, and its study trains "
        "it again"
    )

"""Results from before fingerprints: a plan tells of them, and a run takes them over once."""

from collections.abc import Mapping, Sequence

from ablations.store.own_images.notes import old_results
from ablations.store.trial_store import TrialStore
from ablations.types.identity import trial_id
from ablations.types.own_images import data_of, without_fingerprints
from ablations.types.trial import Trial
from core.remote import AnyPath


def undecided_folders(trials: Sequence[Trial], root: AnyPath) -> list[str]:
    """Names of the trials' image folders that no run on this storage has met since there are fingerprints."""
    own = (data for trial in trials for _, data in data_of(trial.config) if data.fingerprint)
    return [name for name in dict.fromkeys(data.name for data in own) if old_results(root, name) is None]


def done_without_fingerprint(left: Sequence[Trial], store: TrialStore) -> Mapping[str, str]:
    """Ids that trials which are left had before there were fingerprints, of those that were done then and are not taken
    over yet, by the id of today."""
    undecided = set(undecided_folders(left, store.root))
    before = {
        trial.id: trial_id(without_fingerprints(trial.config))
        for trial in left
        if any(data.name in undecided for _, data in data_of(trial.config))
    }
    done = store.results_of(list(before.values()))
    return {key: old for key, old in before.items() if old in done and done[old].state == "done"}

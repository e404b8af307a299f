"""Results on other images of the same folders, and from before there were fingerprints: a plan tells of them."""

from collections.abc import Mapping, Sequence

from ablations.store.own_images.notes import DataNote, notes_of, old_results
from ablations.store.trial_store import TrialStore
from ablations.types.choices import with_value
from ablations.types.identity import trial_id
from ablations.types.own_images import FINGERPRINT, data_of, without_fingerprints
from ablations.types.trial import Trial
from core.config import DataConfig, TrainConfig
from core.data.catalog import DATA_SETS
from core.remote import AnyPath

MOST_NOTES = 3
"""Former contents of a folder that are looked for."""


def undecided_folders(trials: Sequence[Trial], root: AnyPath) -> list[str]:
    """Names of the trials' image folders that no run on this storage has met since there are fingerprints."""
    own = (data for trial in trials for _, data in data_of(trial.config) if data.fingerprint)
    return [name for name in dict.fromkeys(data.name for data in own) if old_results(root, name) is None]


def unknown_folders(trials: Sequence[Trial]) -> list[DataConfig]:
    """The trials' image folders without a known fingerprint: those in an object store that were not copied."""
    data = (data for trial in trials for _, data in data_of(trial.config) if not data.fingerprint)
    return list(dict.fromkeys(one.source for one in data if one.name not in DATA_SETS))


def done_without_fingerprint(left: Sequence[Trial], store: TrialStore) -> Mapping[str, str]:
    """The ids without fingerprints of trials that are left, by the id of today: those with a result that a run would
    take over."""
    undecided = set(undecided_folders(left, store.root))
    before = {
        trial.id: trial_id(without_fingerprints(trial.config))
        for trial in left
        if any(data.name in undecided for _, data in data_of(trial.config))
    }
    done = store.results_of(list(before.values()))
    return {key: old for key, old in before.items() if old in done and done[old].state == "done"}


def done_with_other_images(left: Sequence[Trial], store: TrialStore) -> list[tuple[DataNote, int]]:
    """Notes of the images that a folder had before, the newest first, each with a number: how many of the trials that
    are left were done on those images."""
    own = {data.source: data.fingerprint for trial in left for _, data in data_of(trial.config) if data.fingerprint}
    found = []
    for source, fingerprint in own.items():
        others = [note for note in notes_of(store.root, source) if note.fingerprint.value != fingerprint]
        for note in others[:MOST_NOTES]:
            configs = [_with_images(trial.config, source, note.fingerprint.value) for trial in left]
            results = store.results_of([trial_id(config) for config in configs]).values()
            found.append((note, sum(result.state == "done" for result in results)))
    return [(note, count) for note, count in found if count]


def _with_images(config: TrainConfig, source: DataConfig, fingerprint: str) -> TrainConfig:
    for path, data in data_of(config):
        if data.source == source:
            config = with_value(config, (*path, FINGERPRINT), fingerprint)
    return config

"""A plan: which trials are done, which are left, and whether their data is there."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ablations.planning.cost.packing import packed
from ablations.planning.data_sizes import check_batches, data_sizes
from ablations.planning.earlier_code import done_with_earlier_code
from ablations.planning.former import VERSIONS, Former, former_trials
from ablations.planning.grid import enumerate_trials
from ablations.planning.looks import known_looks
from ablations.planning.own_images.fingerprints import Fingerprints, Folders
from ablations.planning.own_images.old_results import done_with_other_images, done_without_fingerprint
from ablations.planning.review.tuning import check_held_out
from ablations.planning.search import whole_searches, without_validation
from ablations.planning.stopping import judged_epochs
from ablations.store.folders import each
from ablations.store.looks import Looks
from ablations.store.own_images.notes import DataNote
from ablations.store.speeds import load_speeds
from ablations.store.trial_store import TrialStore
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Result, State, Trial, Unit, group_units
from core.config import DataConfig, TrainConfig
from core.data.catalog import DataSize
from core.remote import AnyPath


@dataclass(frozen=True)
class Plan:
    """A study's trials and what the store knows of them."""

    scaled: ScaledStudy
    trials: list[Trial]
    results: dict[str, Result]
    """Results by trial id that count for this study; see ``Result.counts_for``."""
    units: list[Unit]
    """Units that are left to run."""
    sizes: dict[DataConfig, DataSize]
    trained: frozenset[str] = frozenset()
    """Encoders that are trained already and need only evaluations, by ``pretrain_id``."""
    judged: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Epochs after which a training may be stopped early, by ``pretrain_id``; only trainings that may be."""
    looks: Looks = ()
    """Numbers of seeds at which its claims are looked at; empty if that is done once."""
    former: Mapping[str, Former] = field(default_factory=dict)
    """Trials that have a result only as they were before the settings of shipped studies and scales changed, by the id
    of today; see ``planning.former``."""
    earlier_code: Mapping[str, int] = field(default_factory=dict)
    """Number of trials that are left and were done with earlier code of a file, by the file."""
    unmarked: Mapping[str, str] = field(default_factory=dict)
    """Ids before there were fingerprints of trials that are left and were done then, by the id of today."""
    other_images: Sequence[tuple[DataNote, int]] = ()
    """Notes of the images that a folder had before, each with the number of trials that are left and were done on
    these."""
    unvaried: int = 0
    """Number of trials that are left and were done with the choices of seed 0; see ``Study.vary``."""

    @property
    def trainings(self) -> int:
        """Number of encoders of all trials; fewer than trials if some share one."""
        return len({trial.pretrain_id for trial in self.trials})

    def state(self, trial: Trial) -> State:
        """The state of a trial in the storage."""
        result = self.results.get(trial.id)
        return result.state if result else "waiting"

    def images(self, unit: Unit) -> int:
        """Images that a unit goes through: those of its training, those of each network that its evaluations train, in
        all epochs, and once each data set that it is scored on."""
        configs = [trial.config for trial in unit.trials]
        scored = [self.sizes[data] for data in {config.evaluation_data for config in configs}]
        tuned = sum(map(self._tuned_on, configs))
        return self.trained_on(unit) + tuned + sum(size.train + size.test for size in scored)

    def _tuned_on(self, config: TrainConfig) -> int:
        """Images that go through the networks that a trial's evaluation trains, in all epochs."""
        size = self.sizes[config.evaluation_data]
        return config.evaluate.trained_images(config.pretrain, size.train, size.labelled)

    def trained_on(self, unit: Unit) -> int:
        """Images that a unit's training goes through in all epochs; 0 if its encoder is trained already."""
        config = unit.trials[0].config.pretrain
        return 0 if unit.pretrain_id in self.trained else self.sizes[config.data].train * config.epochs


def make_plan(scaled: ScaledStudy, store: TrialStore, data_dir: AnyPath, retry: str | None = None) -> Plan:
    """Enumerate and check all trials. Raises ``StudyError``.

    Failed trials are tried again only if ``retry`` is the kind of their failure, or ``failed`` for every kind. Trials
    that were stopped early are trained on once the study no longer stops trials early.
    """
    trials = known_trials(scaled, store, Folders(data_dir, store.root))
    return plan_trials(scaled, trials, store, data_dir, retry)


def plan_trials(
    scaled: ScaledStudy, trials: list[Trial], store: TrialStore, data_dir: AnyPath, retry: str | None = None
) -> Plan:
    """The plan of these trials. Raises ``StudyError`` if their data is missing or too small."""
    sizes = data_sizes(scaled, trials, data_dir, store.root)
    check_batches(scaled, trials, sizes)
    check_held_out(scaled, trials, sizes)
    stored, judged = store.results(trials), judged_epochs(scaled, trials)
    training = {trial.id: trial.pretrain_id for trial in trials}
    results = {key: result for key, result in stored.items() if result.counts_for(judged.get(training[key], ()))}
    again = {key: results.pop(key) for key in without_validation(trials, results)}
    left = [t for t in trials if t.id not in results or _is_retried(results[t.id], retry)]
    units = [
        replace(unit, judged=judged.get(unit.pretrain_id, ())).retrying(results, again) for unit in group_units(left)
    ]
    trained = store.trained({unit.pretrain_id for unit in units})
    if scaled.resources.pack:
        scaled = replace(scaled, resources=packed(scaled.resources, units, sizes, load_speeds(store.root)))
    looks = known_looks(scaled, trials, store.root)
    former = _formerly_done(scaled, trials, results, store)
    earlier = done_with_earlier_code(left, store)
    unmarked = done_without_fingerprint(left, store)
    others = done_with_other_images(left, store)
    unvaried = store.results([trial.unvaried for trial in left if trial.unvaried]).values()
    done = sum(result.state == "done" for result in unvaried)
    return Plan(scaled, trials, results, units, sizes, trained, judged, looks, former, earlier, unmarked, others, done)


def _formerly_done(
    scaled: ScaledStudy, trials: list[Trial], results: Mapping[str, Result], store: TrialStore
) -> dict[str, Former]:
    kept: dict[str, Former] = {}
    for changes in VERSIONS:
        former = former_trials(scaled, trials, results, changes)
        found = store.results([one.trial for one in former.values()])
        done = {key for key, result in found.items() if result.state == "done"}
        kept = {key: one for key, one in former.items() if one.trial.id in done} | kept
    return kept


def known_trials(scaled: ScaledStudy, store: TrialStore, fingerprints: Fingerprints) -> list[Trial]:
    """The trials of a study on images with these fingerprints, and the further seeds of its cells that the storage has,
    one after the other up to the last that is done. Raises ``StudyError``."""
    trials = enumerate_trials(scaled, fingerprints, store)
    last = {trial.candidate: trial for trial in sorted(trials, key=lambda trial: trial.seed)}
    further = list(itertools.chain(*each(store.root, partial(_kept_after, store), last.values())))
    return trials + whole_searches(trials, further)


def _kept_after(store: TrialStore, trial: Trial) -> list[Trial]:
    ended: list[Trial] = []
    done = 0
    for following in (trial.reseeded(seed) for seed in itertools.count(trial.seed + 1)):
        result = store.result(following.id)
        if result is None:
            break
        ended.append(following)
        done = len(ended) if result.state == "done" else done
    return ended[:done]


def _is_retried(result: Result, retry: str | None) -> bool:
    return result.state == "failed" and retry in ("failed", result.failure)


def begun_trainings(plan: Plan, store: TrialStore) -> int:
    """Number of trainings that are left and will go on from a checkpoint."""
    return sum(each(store.root, store.has_checkpoint, [unit.pretrain_id for unit in plan.units]))

"""What a run would do: which trials are done, which are left, and whether their data is there."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from ablations.planning.grid import enumerate_trials
from ablations.planning.packing import packed
from ablations.planning.stopping import judged_epochs
from ablations.store.data_copies import planned_size
from ablations.store.folders import each
from ablations.store.speeds import load_speeds
from ablations.store.trial_store import TrialStore
from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.trial import Result, State, Trial, Unit, group_units
from core import DataError
from core.config import DataConfig
from core.data.catalog import DataSize
from core.data.transfer import check_metric, metric_of
from core.remote import AnyPath


@dataclass(frozen=True)
class Plan:
    """A study's trials and what the store knows of them."""

    scaled: ScaledStudy
    trials: list[Trial]
    results: dict[str, Result]
    """By trial id; those that have one that stands, see ``Result.stands``."""
    units: list[Unit]
    """What is left to run."""
    sizes: dict[DataConfig, DataSize]
    trained: frozenset[str] = frozenset()
    """Encoders, by ``pretrain_id``, that are there and of which only evaluations are left."""
    judged: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By ``pretrain_id``, epochs after which a training may be stopped early; only those that may be."""

    @property
    def trainings(self) -> int:
        """Encoders of all trials; fewer than trials where some share one."""
        return len({trial.pretrain_id for trial in self.trials})

    def state(self, trial: Trial) -> State:
        """The state of a trial in the storage."""
        result = self.results.get(trial.id)
        return result.state if result else "waiting"

    def images(self, unit: Unit) -> int:
        """That a unit's training goes through, all epochs together, and its evaluation once on each data set."""
        scored = [self.sizes[data] for data in {trial.config.evaluation_data for trial in unit.trials}]
        return self.trained_on(unit) + sum(size.train + size.test for size in scored)

    def trained_on(self, unit: Unit) -> int:
        """Images that a unit's training goes through, all epochs together; none where its encoder is there."""
        config = unit.trials[0].config.pretrain
        return 0 if unit.pretrain_id in self.trained else self.sizes[config.data].train * config.epochs


def make_plan(scaled: ScaledStudy, store: TrialStore, data_dir: AnyPath, retry: str | None = None) -> Plan:
    """Enumerate and check everything. Trials that failed are left alone unless ``retry`` is the kind of their failure,
    or ``failed``, which is every kind; trials that were stopped early, as long as the study stops trials early.

    Raises ``StudyError``.
    """
    trials = with_kept_seeds(enumerate_trials(scaled), store)
    return plan_trials(scaled, trials, store, data_dir, retry)


def plan_trials(
    scaled: ScaledStudy, trials: list[Trial], store: TrialStore, data_dir: AnyPath, retry: str | None = None
) -> Plan:
    """The plan of these trials. Raises ``StudyError`` where their data is not there, or too small."""
    sizes = _sizes(scaled, trials, data_dir)
    _check_batches(scaled, trials, sizes)
    stored, judged = store.results(trials), judged_epochs(scaled, trials)
    training = {trial.id: trial.pretrain_id for trial in trials}
    results = {key: result for key, result in stored.items() if result.counts_for(judged.get(training[key], ()))}
    left = [t for t in trials if t.id not in results or _is_retried(results[t.id], retry)]
    units = [replace(unit, judged=judged.get(unit.pretrain_id, ())).retrying(results) for unit in group_units(left)]
    trained = store.trained({unit.pretrain_id for unit in units})
    if scaled.resources.pack:
        scaled = replace(scaled, resources=packed(scaled.resources, units, sizes, load_speeds(store.root)))
    return Plan(scaled, trials, results, units, sizes, trained, judged)


def with_kept_seeds(trials: list[Trial], store: TrialStore) -> list[Trial]:
    """And further seeds of their cells that are finished already: what was once computed is never left out."""
    last = {trial.cell: trial for trial in sorted(trials, key=lambda trial: trial.seed)}
    return trials + list(itertools.chain(*each(store.root, partial(_kept_after, store), last.values())))


def _kept_after(store: TrialStore, trial: Trial) -> list[Trial]:
    following = (trial.reseeded(seed) for seed in itertools.count(trial.seed + 1))
    return list(itertools.takewhile(partial(_is_finished, store), following))


def _is_finished(store: TrialStore, trial: Trial) -> bool:
    result = store.result(trial.id)
    return result is not None and result.state == "done"


def _is_retried(result: Result, retry: str | None) -> bool:
    return result.state == "failed" and retry in ("failed", result.failure)


def _sizes(scaled: ScaledStudy, trials: list[Trial], data_dir: AnyPath) -> dict[DataConfig, DataSize]:
    sizes: dict[DataConfig, DataSize] = {}
    for trial in trials:
        try:
            _check_metric(trial)
            for data in trial.config.all_data:
                sizes[data] = sizes.get(data) or planned_size(data, data_dir)
        except DataError as error:
            raise StudyError(f"{scaled.source.name}: trial {trial.name}: {error}") from error
    return sizes


def _check_metric(trial: Trial) -> None:
    wanted, data = getattr(trial.config.evaluate, "metric", None), trial.config.evaluation_data.name
    if wanted:
        check_metric(wanted, data, multi_label=metric_of(data) == "map_11")


def _check_batches(scaled: ScaledStudy, trials: list[Trial], sizes: dict[DataConfig, DataSize]) -> None:
    for trial in trials:
        config = trial.config.pretrain
        images = sizes[config.data].train
        if config.epochs and config.batch_size > images:
            raise StudyError(
                f"{scaled.source.name}: trial {trial.name}: batch_size is {config.batch_size:,}, but "
                f"{config.data.name} has {images:,} training images; lower batch_size or raise data.subset"
            )
        if config.epochs and config.batch_size % scaled.resources.workers:
            raise StudyError(
                f"{scaled.source.name}: trial {trial.name}: batch_size is {config.batch_size:,}, which "
                f"resources.workers {scaled.resources.workers} cannot share out evenly; take a number that divides it"
            )


def begun_trainings(plan: Plan, store: TrialStore) -> int:
    """Number of trainings that are left and will go on from a checkpoint."""
    return sum(each(store.root, store.has_checkpoint, [unit.pretrain_id for unit in plan.units]))

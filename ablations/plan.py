"""What a run would do: which trials are done, which are left, and whether their data is there."""

from dataclasses import dataclass
from pathlib import Path

from ablations.errors import StudyError
from ablations.grid import enumerate_trials
from ablations.load import ScaledStudy
from ablations.store import TrialStore
from ablations.trial import Result, Trial, Unit, group_units
from core import DataError
from core.config import DataConfig
from core.data.catalog import DataSize, data_size
from core.data.transfer import check_metric, metric_of


@dataclass(frozen=True)
class Plan:
    """A study's trials and what the store knows of them."""

    scaled: ScaledStudy
    trials: list[Trial]
    results: dict[str, Result]
    """By trial id; those that have one."""
    units: list[Unit]
    """What is left to run."""
    sizes: dict[DataConfig, DataSize]

    @property
    def trainings(self) -> int:
        """Encoders of all trials; fewer than trials where some share one."""
        return len({trial.pretrain_id for trial in self.trials})

    def images(self, unit: Unit) -> int:
        """That a unit's training goes through, all epochs together, and its evaluation once on each data set."""
        config = unit.trials[0].config.pretrain
        scored = [self.sizes[data] for data in {trial.config.evaluation_data for trial in unit.trials}]
        return self.sizes[config.data].train * config.epochs + sum(size.train + size.test for size in scored)


def make_plan(scaled: ScaledStudy, store: TrialStore, data_dir: Path, retry_failed: bool = False) -> Plan:
    """Enumerate and check everything. Trials that failed are left alone unless ``retry_failed``.

    Raises ``StudyError``.
    """
    trials = enumerate_trials(scaled)
    sizes = _sizes(scaled, trials, data_dir)
    _check_batches(scaled, trials, sizes)
    results = store.results(trials)
    left = [t for t in trials if t.id not in results or (retry_failed and results[t.id].status == "failed")]
    return Plan(scaled, trials, results, group_units(left), sizes)


def _sizes(scaled: ScaledStudy, trials: list[Trial], data_dir: Path) -> dict[DataConfig, DataSize]:
    sizes: dict[DataConfig, DataSize] = {}
    for trial in trials:
        try:
            _check_metric(trial)
            for data in trial.config.all_data:
                sizes[data] = sizes.get(data) or data_size(data, data_dir)
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

"""Stopping trainings early: which may be, after which epochs, and whether they can be compared at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ablations.errors import StudyError
from ablations.load import ScaledStudy
from ablations.store import TrialStore
from ablations.study import StopEarly
from ablations.trial import Trial
from core.config import PretrainConfig
from core.data.catalog import metric_of
from core.history import Epoch

History = tuple[Epoch, ...]


@dataclass(frozen=True)
class Judging:
    """What a scheduler needs in order to stop trainings."""

    rule: StopEarly
    epochs: int
    """Of a training that goes to its end."""
    past: tuple[History, ...]
    """Of the trainings that earlier runs have judged."""


def judging(scaled: ScaledStudy, trials: Sequence[Trial], store: TrialStore) -> Judging | None:
    """None where every training goes to its end."""
    compared = _compared(trials)
    if scaled.stop_early is None or not compared:
        return None
    epochs = max(config.epochs for config in compared.values())
    return Judging(scaled.stop_early, epochs, tuple(map(store.history, compared)))


def judged_epochs(scaled: ScaledStudy, trials: Sequence[Trial]) -> dict[str, tuple[int, ...]]:
    """By ``pretrain_id``, the epochs after which a training is judged; only trainings that are. Raises ``StudyError``
    where the study stops trainings early that cannot be compared."""
    rule = scaled.stop_early
    if rule is None:
        return {}
    compared = _compared(trials)
    place = f"{scaled.source.name}: stop_early"
    if scaled.resources.workers > 1:
        raise StudyError(f"{place}: trainings over several workers go to their end; set workers: 1")
    for reason in _reasons(rule, list(compared.values())):
        raise StudyError(f"{place}: {reason}")
    return {key: tuple(_rungs(rule, config.epochs)) for key, config in compared.items()}


def _compared(trials: Sequence[Trial]) -> dict[str, PretrainConfig]:
    """By id, the trainings that are no baseline's."""
    spared = {trial.pretrain_id for trial in trials if trial.baseline}
    configs = {trial.pretrain_id: trial.config.pretrain for trial in trials if trial.config.pretrain.epochs}
    return {key: config for key, config in configs.items() if key not in spared}


def _rungs(rule: StopEarly, epochs: int) -> Iterator[int]:
    rung = rule.grace_epochs
    while rung < epochs:
        yield rung
        rung *= rule.reduction


def _reasons(rule: StopEarly, configs: list[PretrainConfig]) -> Iterator[str]:
    """Why the trainings cannot be compared after an epoch."""
    if len({config.epochs for config in configs}) > 1:
        yield "epochs varies, and after the same epoch a longer training is behind; leave one of the two out"
    if len({(config.data.name, config.data.subset) for config in configs}) > 1:
        yield "data varies, and accuracies on different images do not compare; leave one of the two out"
    if len({config.loss.supervised for config in configs}) > 1:
        yield (
            "loss.kind cross_entropy learns the labels by which trainings are compared, and others do not; make it a "
            "baseline, which is spared"
        )
    if any(metric_of(config.data.name) == "map_11" for config in configs):
        yield "an image of this data has several labels, and trainings are compared by those of one; leave it out"
    if configs and not any(True for _ in _rungs(rule, configs[0].epochs)):
        yield f"grace_epochs is {rule.grace_epochs}, but trainings end after {configs[0].epochs}; lower it"

"""Stopping trainings early: which ones, after which epochs, and when one has fallen behind.

The rule is asynchronous successive halving (ASHA, Li et al. 2020, "A System for Massively Parallel Hyperparameter
Tuning", algorithm 2): one in ``reduction`` of the trainings that are compared after an epoch goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ablations.store.trial_store import TrialStore
from ablations.study.scaled_study import ScaledStudy
from ablations.study.study import StopEarly
from ablations.types.errors import StudyError
from ablations.types.events import Judged
from ablations.types.trial import Trial
from core.config import PretrainConfig
from core.data.catalog import metric_of
from core.history import Epoch

History = tuple[Epoch, ...]


class StoppedEarly(Exception):
    """A training has fallen behind; it ends after the epoch in ``args[0]``."""


@dataclass(frozen=True)
class Judging:
    """The rule by which a scheduler stops trainings, and the trainings to compare with."""

    rule: StopEarly
    epochs: int
    """Number of epochs of a training that is not stopped."""
    past: tuple[History, ...]
    """Histories of the trainings that earlier runs have compared."""


class Halving:
    """Decides which trainings have fallen behind, one at a time, by the accuracies seen so far at the same epoch."""

    def __init__(self, judging: Judging) -> None:
        self._reduction = judging.rule.reduction
        self._seen: dict[int, list[float]] = {epoch: [] for epoch in _rungs(judging.rule, judging.epochs)}
        for history in judging.past:
            for epoch in history:
                if epoch.knn_top1 is not None and epoch.epoch in self._seen:
                    self._seen[epoch.epoch].append(epoch.knn_top1)

    def stops(self, event: Judged) -> bool:
        """Whether the training is below the best ``1 / reduction`` of those seen at its epoch. It counts as seen from
        now on."""
        import numpy as np  # here, since most commands need no numpy

        if event.epoch not in self._seen:
            return False
        seen = self._seen[event.epoch]
        behind = bool(seen) and event.knn_top1 < float(np.percentile(seen, 100 * (1 - 1 / self._reduction)))
        seen.append(event.knn_top1)
        return behind


def judging(scaled: ScaledStudy, trials: Sequence[Trial], store: TrialStore) -> Judging | None:
    """The rule with what earlier runs have seen; None if every training goes to its end."""
    compared = _compared(trials)
    if scaled.stop_early is None or not compared:
        return None
    epochs = max(config.epochs for config in compared.values())
    return Judging(scaled.stop_early, epochs, tuple(map(store.history, compared)))


def judged_epochs(scaled: ScaledStudy, trials: Sequence[Trial]) -> dict[str, tuple[int, ...]]:
    """The epochs after which each training may be stopped, by ``pretrain_id``; only trainings that may be.

    Raises ``StudyError`` if the study stops trainings early that cannot be compared.
    """
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
    """The trainings that belong to no baseline, by ``pretrain_id``."""
    spared = {trial.pretrain_id for trial in trials if trial.baseline}
    configs = {trial.pretrain_id: trial.config.pretrain for trial in trials if trial.config.pretrain.epochs}
    return {key: config for key, config in configs.items() if key not in spared}


def _rungs(rule: StopEarly, epochs: int) -> Iterator[int]:
    rung = rule.grace_epochs
    while rung < epochs:
        yield rung
        rung *= rule.reduction


def _reasons(rule: StopEarly, configs: list[PretrainConfig]) -> Iterator[str]:
    """Reasons why the trainings cannot be compared after an epoch."""
    if len({config.epochs for config in configs}) > 1:
        yield "epochs varies, and a longer training is behind after the same epoch; leave out stop_early or that axis"
    if len({(config.data.name, config.data.subset) for config in configs}) > 1:
        yield "data varies, and accuracies on different images do not compare; leave out stop_early or that axis"
    if len({config.loss.supervised for config in configs}) > 1:
        yield (
            "loss.kind cross_entropy learns the labels by which trainings are compared, and others do not; make it a "
            "baseline, which is spared"
        )
    kinds = {config.loss.kind: config.loss.gives for config in configs}
    without = [kind for kind, gives in kinds.items() if gives not in ("projection", "classes")]
    if without and len(kinds) > 1:
        yield (
            f"loss.kind {without[0]} trains no projection, so nearest neighbours, by which trainings are compared, say "
            "less of it than of the others; leave out stop_early, or compare one kind"
        )
    if any(metric_of(config.data.name) == "map_11" for config in configs):
        yield "images of this data have several labels, and trainings are compared by one; leave out stop_early"
    if configs and not any(True for _ in _rungs(rule, configs[0].epochs)):
        yield f"grace_epochs is {rule.grace_epochs}, but trainings end after {configs[0].epochs}; lower it"

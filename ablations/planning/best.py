"""The best cell of a study, by the metric of its figure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.planning.own_images.fingerprints import last_run
from ablations.planning.plan import Plan, known_trials
from ablations.planning.search import chosen, validation
from ablations.store.trial_store import TrialStore
from ablations.study.scaled_study import ScaledStudy
from ablations.types.choices import without_seeds
from ablations.types.errors import StudyError
from ablations.types.metrics import value_of
from ablations.types.trial import Result, Trial
from reports.cells.metric_names import is_ranked
from reports.cells.search import Select


@dataclass(frozen=True)
class BestCell:
    """The cell with the highest mean over the seeds that are done: of the metric, or of the score on held-out training
    images for a study with ``select: validation``."""

    name: str
    """Name for people, such as ``loss.temperature 0.5``."""
    metric: str
    """Name of the metric, such as ``top1``."""
    value: float
    """Mean of the metric."""
    seeds: int
    """Number of seeds that are done."""
    validation: float | None = None
    """Mean score on held-out training images, if the cell was chosen by it."""
    trial_ids: tuple[str, ...] = ()
    """Ids of its trials that are done, one for each seed, in the order of the seeds."""

    def __str__(self) -> str:
        """``loss.temperature 0.5: top1 45.3, the mean of 3 seeds``."""
        seeds = f", the mean of {self.seeds} seeds" if self.seeds > 1 else ""
        chosen = "" if self.validation is None else f"; chosen by validation {self.validation:.1f}"
        return f"{self.name}: {self.metric} {self.value:.1f}{seeds}{chosen}"


def best_of(plan: Plan) -> BestCell | None:
    """The best cell by the results that the plan knows; see ``Ranking``."""
    ranking = Ranking(plan.trials, plan.scaled.report.metric, plan.scaled.study.select)
    for result in plan.results.values():
        ranking.add(result)
    return ranking.best


def best_stored(scaled: ScaledStudy, store: TrialStore) -> BestCell:
    """The best cell by the results of a storage, on the images that the study was last run on. Nothing is run.

    Raises ``StudyError`` if there is none.
    """
    trials = known_trials(scaled, store, last_run(store.root, scaled))
    ranking = Ranking(trials, scaled.report.metric, scaled.study.select)
    for result in store.results(trials).values():
        ranking.add(result)
    if ranking.best is None:
        told = f"{store.root} has no best cell of it at {scaled.label}"
        raise StudyError(f"{scaled.source.name}: {told}: none is done, or its cells are not scored alike")
    return ranking.best


class Ranking:
    """Cells of a grid by their means so far; baselines are left out. A seed of a cell that is tuned counts once its
    values are chosen.

    It stays empty if more of the metric is not better, or if the cells are not evaluated alike.
    """

    def __init__(self, trials: Sequence[Trial], metric: str, select: Select = "test") -> None:
        grid = [trial for trial in trials if trial.baseline is None]
        configs = [without_seeds(trial.config) for trial in grid]
        evaluations = {config.evaluate.model_dump_json() for config in configs}
        data = {config.evaluation_data.model_dump_json() for config in configs}
        compares = is_ranked(metric) and len(evaluations) == len(data) == 1
        self._metric, self._by_validation = metric, select == "validation"
        self._trials = {trial.id: trial for trial in grid} if compares else {}
        self._results: dict[str, Result] = {}
        self._best: BestCell | None = None
        self._is_known = True
        """Whether ``_best`` is that of all results."""

    def add(self, result: Result) -> None:
        """Take in the result of a trial; results of trials outside the grid are ignored."""
        if result.trial_id in self._trials:
            self._results[result.trial_id] = result
            self._is_known = False

    @property
    def best(self) -> BestCell | None:
        """The best cell; None while there is none."""
        if not self._is_known:
            self._best, self._is_known = self._found(), True
        return self._best

    def _found(self) -> BestCell | None:
        values: dict[tuple[str, ...], list[float]] = {}
        scores: dict[tuple[str, ...], list[float]] = {}
        names: dict[tuple[str, ...], str] = {}
        ids: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        for trial_id in chosen(list(self._trials.values()), self._results):
            trial, metrics = self._trials[trial_id], self._results[trial_id].metrics
            value = value_of(metrics, self._metric)
            score = validation(trial, metrics) if self._by_validation else value
            if value is not None and score is not None:
                values.setdefault(trial.cell, []).append(value)
                scores.setdefault(trial.cell, []).append(score)
                ids.setdefault(trial.cell, []).append((trial.seed, trial_id))
                names[trial.cell] = ", ".join(f"{axis} {point}" for axis, point in trial.coordinates.items())
        means = {cell: statistics.fmean(found) for cell, found in scores.items()}
        cell = max(means, key=means.__getitem__, default=None)
        if cell is None:
            return None
        value, chosen_by = statistics.fmean(values[cell]), means[cell] if self._by_validation else None
        trial_ids = tuple(trial_id for _, trial_id in sorted(ids[cell]))
        return BestCell(names[cell], self._metric, value, len(values[cell]), chosen_by, trial_ids)

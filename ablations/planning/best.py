"""The best cell of a study, by the metric of its figure."""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ablations.planning.plan import Plan
from ablations.types.choices import without_seeds
from ablations.types.metrics import SCORES, value_of
from ablations.types.trial import Trial


@dataclass(frozen=True)
class BestCell:
    """The cell with the highest mean over the seeds that are done."""

    name: str
    """Name for people, such as ``loss.temperature 0.5``."""
    metric: str
    """Name of the metric, such as ``top1``."""
    value: float
    """Mean of the metric."""
    seeds: int
    """Number of seeds that are done."""

    def __str__(self) -> str:
        """``loss.temperature 0.5: top1 45.3, the mean of 3 seeds``."""
        seeds = f", the mean of {self.seeds} seeds" if self.seeds > 1 else ""
        return f"{self.name}: {self.metric} {self.value:.1f}{seeds}"


def best_of(plan: Plan) -> BestCell | None:
    """The best cell by the results that the plan knows; see ``Ranking``."""
    ranking = Ranking(plan.trials, plan.scaled.report.metric)
    for trial_id, result in plan.results.items():
        ranking.add(trial_id, result.metrics)
    return ranking.best


class Ranking:
    """Cells of a grid by their means so far; baselines are left out.

    It stays empty if more of the metric is not better, or if the cells are not evaluated alike.
    """

    def __init__(self, trials: Sequence[Trial], metric: str) -> None:
        grid = [trial for trial in trials if trial.baseline is None]
        configs = [without_seeds(trial.config) for trial in grid]
        evaluations = {config.evaluate.model_dump_json() for config in configs}
        data = {config.evaluation_data.model_dump_json() for config in configs}
        compares = re.fullmatch(SCORES, metric) and len(evaluations) == len(data) == 1
        self._metric = metric
        self._trials = {trial.id: trial for trial in grid} if compares else {}
        self._values: dict[tuple[str, ...], dict[int, float]] = {}
        """Values by cell and seed."""
        self._names: dict[tuple[str, ...], str] = {}

    def add(self, trial_id: str, metrics: Mapping[str, float]) -> None:
        """Take in the metrics of a trial that is done; those of another trial, or of none, are left alone."""
        trial, value = self._trials.get(trial_id), value_of(metrics, self._metric)
        if trial and value is not None:
            self._values.setdefault(trial.cell, {})[trial.seed] = value
            self._names[trial.cell] = ", ".join(f"{axis} {point}" for axis, point in trial.coordinates.items())

    @property
    def best(self) -> BestCell | None:
        """The best cell; None while there is none."""
        means = {cell: statistics.fmean(found.values()) for cell, found in self._values.items()}
        cell = max(means, key=means.__getitem__, default=None)
        return None if cell is None else BestCell(self._names[cell], self._metric, means[cell], len(self._values[cell]))

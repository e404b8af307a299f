"""The search of a study that tunes settings: what is chosen among, what is chosen so far, and what the search costs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ablations.study.scaled_study import ScaledStudy
from ablations.types.metrics import validation_of
from ablations.types.trial import Result, Trial
from ablations.types.wording import counted
from reports.cells.search import Candidate, choose

CellSeed = tuple[tuple[str, ...], int]
"""Key of a cell, and a seed."""


def by_cell_and_seed(trials: Sequence[Trial]) -> dict[CellSeed, list[Trial]]:
    """The trials of each cell and seed; several if they differ in tuned values."""
    found: dict[CellSeed, list[Trial]] = {}
    for trial in trials:
        found.setdefault((trial.cell, trial.seed), []).append(trial)
    return found


def seed_counts(trials: Sequence[Trial]) -> Counter[tuple[str, ...]]:
    """Number of seeds of each cell."""
    return Counter(cell for cell, _ in by_cell_and_seed(trials))


def searches(trials: Sequence[Trial]) -> list[list[Trial]]:
    """The candidates of each cell and seed that has several."""
    return [candidates for candidates in by_cell_and_seed(trials).values() if len(candidates) > 1]


def validation(trial: Trial, metrics: Mapping[str, float]) -> float | None:
    """The trial's score on held-out training images; None if it left none."""
    return metrics.get(validation_of(trial.config.evaluate.protocol) or "")


def chosen(trials: Sequence[Trial], results: Mapping[str, Result]) -> list[str]:
    """Ids of the trials by which their cells and seeds are scored; ``results`` are keyed by trial id."""
    found = (
        choose([_candidate(trial, results.get(trial.id)) for trial in candidates])
        for candidates in by_cell_and_seed(trials).values()
    )
    return [trial_id for trial_id in found if trial_id]


def without_validation(trials: Sequence[Trial], results: Mapping[str, Result]) -> Iterator[str]:
    """Ids of candidates whose result has no validation score, as an older version left it: they are scored again."""
    for candidates in searches(trials):
        for trial in candidates:
            result = results.get(trial.id)
            if result and result.state == "done" and validation(trial, result.metrics) is None:
                yield trial.id


def whole_searches(trials: Sequence[Trial], further: Sequence[Trial]) -> list[Trial]:
    """Those of ``further`` seeds that all candidates of their cell have.

    Another study may have trained one candidate with more seeds; a choice among fewer would be another one.
    """
    candidates = {key: {trial.candidate for trial in found} for key, found in _by_cell(trials).items()}
    there: dict[CellSeed, set[tuple[str, ...]]] = {}
    for trial in further:
        there.setdefault((trial.cell, trial.seed), set()).add(trial.candidate)
    return [trial for trial in further if there[trial.cell, trial.seed] == candidates[trial.cell]]


@dataclass(frozen=True)
class SearchCost:
    """The cost of a search, beside that of the same study with one value of each tuned setting."""

    trainings: int
    trials: int
    trainings_without: int
    trials_without: int

    def __str__(self) -> str:
        """``3 x as many trainings (42 instead of 14)``."""
        if self.trainings > self.trainings_without:
            more, less, word = self.trainings, self.trainings_without, "trainings"
        else:
            more, less, word = self.trials, self.trials_without, "evaluations"
        return f"{more / less:.3g} x as many {word} ({more} instead of {less})"


def search_cost(trials: Sequence[Trial]) -> SearchCost:
    """The cost of the trials that are chosen among."""
    single = [candidates[0] for candidates in by_cell_and_seed(trials).values()]
    return SearchCost(
        len({trial.pretrain_id for trial in trials}),
        len({trial.id for trial in trials}),
        len({trial.pretrain_id for trial in single}),
        len({trial.id for trial in single}),
    )


def search_text(scaled: ScaledStudy, trials: Sequence[Trial]) -> str:
    """``3 values of optimizer.learning_rate: 3 x as many trainings (42 instead of 14)``; empty if nothing is tuned."""
    if scaled.tune is None or not searches(trials):
        return ""
    values = [f"{counted(len(values), 'value')} of {name}" for name, values in scaled.tune.values.items()]
    *most, last = values
    told = f"{', '.join(most)} and {last}" if most else last
    return f"tunes {told}: {search_cost(trials)}"


def _by_cell(trials: Sequence[Trial]) -> dict[tuple[str, ...], list[Trial]]:
    found: dict[tuple[str, ...], list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.cell, []).append(trial)
    return found


def _candidate(trial: Trial, result: Result | None) -> Candidate:
    if result is None:
        return Candidate(trial.id, "waiting", None)
    return Candidate(trial.id, result.state, validation(trial, result.metrics))

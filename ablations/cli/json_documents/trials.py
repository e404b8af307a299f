"""The trials of a plan, and what is known of each."""

from typing import Any

from ablations.cli.json_documents.document import Part
from ablations.planning.plan import Plan
from ablations.planning.search import chosen
from ablations.types.failures import Kind
from ablations.types.trial import Result, State, Trial


class TrialEntry(Part):
    """A trial and what is known of it."""

    id: str
    """Id of the trial: 16 hex digits that stand for its whole configuration."""
    encoder: str
    """Id of the encoder: 16 hex digits; trials with the same one share a training."""
    name: str
    """Name for people."""
    seed: int
    """Seed of the training."""
    baseline: str | None
    """Name of the baseline, for a trial outside the grid."""
    coordinates: dict[str, Any]
    """Value or label on each axis; empty for a baseline."""
    tuned: dict[str, Any]
    """Value or label of each tuned setting that its cell has."""
    chosen: bool | None
    """Whether the cell is scored by this trial for this seed; null until that is known."""
    state: State
    """State in the storage."""
    metrics: dict[str, float]
    """Metrics by name; empty unless the trial is done."""
    seconds: float | None
    """Seconds of training and evaluation; null while it waits."""
    stopped_at: int | None
    """Epochs that were done when it was stopped early."""
    failure: Kind | None
    """Kind of the failure, as ``--retry`` takes it."""
    error: str | None
    """Message that says what went wrong."""


def trial_entries(plan: Plan) -> list[TrialEntry]:
    """The trials of a plan, in the order of the grid."""
    best = set(chosen(plan.trials, plan.results))
    known = {(trial.cell, trial.seed) for trial in plan.trials if trial.id in best}
    return [
        _entry(trial, plan.results.get(trial.id), trial.id in best if (trial.cell, trial.seed) in known else None)
        for trial in plan.trials
    ]


def _entry(trial: Trial, result: Result | None, is_chosen: bool | None) -> TrialEntry:
    return TrialEntry(
        id=trial.id,
        encoder=trial.pretrain_id,
        name=trial.name,
        seed=trial.seed,
        baseline=trial.baseline,
        coordinates=trial.coordinates,
        tuned=trial.tuned,
        chosen=is_chosen,
        state=result.state if result else "waiting",
        metrics=result.metrics if result else {},
        seconds=result.seconds if result else None,
        stopped_at=result.stopped_at if result else None,
        failure=result.failure if result else None,
        error=(result.error or None) if result else None,
    )

"""Numbers of trials by their state."""

from collections import Counter

from ablations.cli.json_documents.document import Part
from ablations.planning.collection_plan import CollectionPlan
from ablations.types.trial import Result, Trial


class Counts(Part):
    """Numbers of trials by their state."""

    trials: int
    """Number of trials."""
    trainings: int
    """Number of encoders; fewer than trials if some trials share one."""
    done: int
    """Trials with a result."""
    failed: int
    """Trials that failed; they are left alone unless ``--retry`` asks for them."""
    stopped: int
    """Trials that were stopped early, as the study asks for."""
    waiting: int
    """Trials without a result."""


def counts(trials: list[Trial], results: dict[str, Result]) -> Counts:
    """Numbers of trials by their state; ``results`` are keyed by trial id."""
    states = Counter(results[trial.id].state if trial.id in results else "waiting" for trial in trials)
    return Counts(
        trials=len(trials),
        trainings=len({trial.pretrain_id for trial in trials}),
        done=states["done"],
        failed=states["failed"],
        stopped=states["stopped"],
        waiting=states["waiting"],
    )


def collection_counts(plan: CollectionPlan) -> Counts:
    """Numbers of a collection's trials by their state; a trial of several studies counts once."""
    trials = {trial.id: trial for one in plan.plans for trial in one.trials}
    results = {trial_id: result for one in plan.plans for trial_id, result in one.results.items()}
    return counts(list(trials.values()), results)

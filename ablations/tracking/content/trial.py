"""The tags, metrics and parameters that MLflow is given of one trial."""

from collections.abc import Iterator, Sequence

from mlflow.entities import Metric

from ablations.study.settings import dotted_values
from ablations.types.trial import Result, Trial
from core.config import TrainConfig
from core.config.base import whole
from core.history import Epoch

STATE, RESULT, HISTORY = "ablate.state", "ablate.result_time", "ablate.history_start"
STOPPED_AT = "ablate.stopped_at"
"""Tag of an early-stopped trial: the epoch."""
CHOSEN = "ablate.chosen"
"""Tag of a trial whose cell is tuned: ``true`` if the cell is scored by it for its seed, ``false`` if by another."""
WARNING = "ablate.warning"
"""Tag of a trial whose l2 weight is at an end of its grid: what to set."""
ERROR, FAILURE = "ablate.error", "ablate.failure"


def trial_tags(trial: Trial, history: Sequence[Epoch]) -> dict[str, str]:
    """Tags that a trial's run has from its beginning."""
    return {
        HISTORY: history_start(history),
        "ablate.pretrain_id": trial.pretrain_id,
        "ablate.seed": str(trial.seed),
        "ablate.baseline": trial.baseline or "",
        **{f"axis.{path}": str(value) for path, value in trial.coordinates.items()},
        **{f"tune.{path}": str(value) for path, value in trial.tuned.items()},
    }


def history_start(history: Sequence[Epoch]) -> str:
    """The time of the first epoch's end, by which two trainings of one encoder are told apart; empty before it."""
    return str(history[0].time) if history else ""


def result_tags(result: Result) -> dict[str, str]:
    """Tags that a trial's run has once the trial has ended."""
    return {
        **result.facts,
        STATE: result.state,
        ERROR: result.error,
        FAILURE: result.failure or "",
        STOPPED_AT: str(result.stopped_at or ""),
        RESULT: str(result.finished_at),
    }


def began(result: Result | None, history: Sequence[Epoch], started: float | None) -> int:
    """The start of a trial in milliseconds since 1970, as nearly as it is known.

    ``started`` is when this process saw it start. Else a trial with a result began as long before its end as it took,
    and any other began its first epoch as long before that epoch's end as the second took.
    """
    if started is None and result and (result.seconds or not history):
        started = result.finished_at - result.seconds
    if started is None:
        epoch = history[1].time - history[0].time if len(history) > 1 else 0.0
        started = history[0].time - epoch
    return int(1000 * started)


def history_metrics(history: Sequence[Epoch]) -> Iterator[Metric]:
    """The learning curves: one point an epoch."""
    for epoch in history:
        values = epoch.numbers()
        step, milliseconds = values.pop("epoch"), int(values.pop("time") * 1000)
        for name, value in values.items():
            yield Metric(f"pretrain/{name}", value, milliseconds, step)


def result_metrics(result: Result) -> Iterator[Metric]:
    """The metrics of the result, without those of the last epoch, which the history has.

    They are at step 0: of single points at another step MLflow draws curves of one point, and of these bars.
    """
    for name, value in {**result.metrics, "seconds": result.seconds}.items():
        if not name.startswith("pretrain/"):
            yield Metric(name, value, int(result.finished_at * 1000), 0)


def parameter_values(config: TrainConfig) -> dict[str, object]:
    """The configuration by the dotted paths of a study file."""
    return dotted_values(whole(config.pretrain) | {"evaluate": whole(config.evaluate)})

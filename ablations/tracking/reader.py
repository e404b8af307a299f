"""Reads a study back from MLflow as a tidy table, which reports are drawn from."""

import json
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run

from ablations.tracking.artifacts import Artifacts
from ablations.tracking.client import (
    RUN_STATUS,
    STOPPED_AT,
    STUDY_FILE,
    TRIAL,
    Children,
    child_runs,
    find_parent,
    open_client,
    tracking_uri,
)
from ablations.tracking.unreachable import no_answer
from ablations.types.errors import AblateError, NotRecordedError
from ablations.types.failures import next_step
from ablations.types.metrics import OWN
from ablations.types.redaction import without_secrets

STATES: dict[str, str] = {status: state for state, status in RUN_STATUS.items()} | {"FINISHED": "finished"}
TEXTS = ("error", "remedy", "run_id", "encoder_id", "device", "numerics")
"""Text columns of a trial that has a run in MLflow."""


@dataclass(frozen=True)
class Recorded:
    """A study at one scale, as MLflow has it."""

    description: dict[str, Any]
    """What the run said of the study; see ``describe``."""
    table: pd.DataFrame
    """One row a trial: ``trial_id``, ``state`` (finished, failed, stopped, missing), ``seed``, ``baseline``, ``error``
    and its ``remedy``, ``stopped_at`` (the epoch; NaN unless it was stopped early), ``run_id``, ``encoder_id``,
    ``device``, ``numerics``, ``parameters`` (of the encoder, in millions), the axes by dotted path (values as text),
    and the metrics: of a trial that was stopped early its ``seconds`` alone."""
    experiment_id: str
    run_id: str
    facts: dict[str, str]
    """Tags of the parent run."""


def read_study(study: str, label: str, children: Children | None = None) -> Recorded:
    """``label`` as in ``ScaledStudy``; ``children`` where they were just read. Raises ``NotRecordedError`` where MLflow
    has no such study, and ``AblateError`` where it does not answer."""
    try:
        return _read(open_client(), study, label, children)
    except AblateError:
        raise
    except Exception as error:  # whatever its database and its artifact storage raise
        raise AblateError(no_answer(tracking_uri(), error)) from error


def _read(client: MlflowClient, study: str, label: str, children: Children | None) -> Recorded:
    experiment = client.get_experiment_by_name(study)
    parent = find_parent(client, experiment.experiment_id, label) if experiment else None
    if experiment is None or parent is None:
        place = without_secrets(tracking_uri())
        raise NotRecordedError(f"{place} has no study {study!r} at {label!r}; has it been run with these options?")
    run_id = parent.info.run_id
    description = json.loads(Artifacts.to_read(client, experiment).read_text(run_id, STUDY_FILE))
    runs = child_runs(client, experiment.experiment_id, run_id) if children is None else children
    by_trial = {run.data.tags[TRIAL]: run for run in runs if TRIAL in run.data.tags}
    axes = description["axes"]
    rows = [_row(trial, axes, by_trial.get(trial["trial_id"])) for trial in description["trials"]]
    return Recorded(description, pd.DataFrame(rows), experiment.experiment_id, run_id, dict(parent.data.tags))


def _row(trial: dict[str, Any], axes: list[str], run: Run | None) -> dict[str, Any]:
    row = {name: value for name, value in trial.items() if name != "coordinates"}
    row |= {axis: str(trial["coordinates"].get(axis, "")) for axis in axes}
    if run is None:
        return row | {"state": "missing", "stopped_at": math.nan, **dict.fromkeys(TEXTS, "")}
    tags, state = run.data.tags, STATES.get(run.info.status, "missing")
    row |= {"state": state, "error": tags.get("ablate.error", ""), "run_id": run.info.run_id}
    row |= {"encoder_id": tags.get("ablate.pretrain_id", "")}
    row |= {"remedy": next_step(tags.get("ablate.failure", ""))}
    row |= {"device": tags.get("device", ""), "numerics": tags.get("numerics", "")}
    row |= {"stopped_at": float(tags.get(STOPPED_AT, math.nan))}
    if state == "finished":
        return row | with_own(run.data.metrics)
    return row | ({"seconds": run.data.metrics.get("seconds", 0.0)} if state == "stopped" else {})


def with_own(metrics: dict[str, float]) -> dict[str, float]:
    """With those that trials of all protocols have; see ``ablations.types.metrics.OWN``."""
    own = {name: [metrics[key] for key in keys if key in metrics] for name, keys in OWN.items()}
    return metrics | {name: values[0] for name, values in own.items() if values}

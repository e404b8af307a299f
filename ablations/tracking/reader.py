"""Reads a study back from MLflow as a tidy table, which reports are drawn from."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from ablations.store.trial_store import TrialStore
from ablations.tracking.connection.artifacts import Artifacts
from ablations.tracking.connection.client import (
    STATES,
    STUDY_FILE,
    Children,
    child_runs,
    find_parent,
    latest_of_each_trial,
    open_client,
    tracking_uri,
)
from ablations.tracking.connection.unreachable import trouble
from ablations.tracking.content.agreement import Difference, differences
from ablations.tracking.content.trial import ERROR, FAILURE, STOPPED_AT
from ablations.types.errors import AblateError, NotRecordedError
from ablations.types.failures import next_step
from ablations.types.metrics import VALIDATION, own
from ablations.types.redaction import without_secrets
from ablations.types.trial import Result
from reports.cells import search

NEEDED = {"name", "title", "claims", "reproduces", "scale", "scale_description", "report", "axes", "settings", "trials"}
"""Keys that a description has at least."""
TEXTS = ("error", "remedy", "run_id", "encoder_id", "device", "numerics")
"""Text columns of a trial that has a run in MLflow."""


@dataclass(frozen=True)
class Recorded:
    """A study at one scale, as MLflow has it."""

    description: dict[str, Any]
    """The study that is read; see ``describe``."""
    table: pd.DataFrame
    """One row a trial: ``trial_id``, ``state`` (waiting, done, failed, stopped), ``seed``, ``baseline``, ``error``
    and its ``remedy``, ``stopped_at`` (the epoch; NaN unless it was stopped early), ``run_id``, ``encoder_id``,
    ``device``, ``numerics``, ``parameters`` (of the encoder, in millions), ``passes`` (through the encoder for each
    image of its training; not in the descriptions of earlier versions), the axes and what is tuned by dotted path
    (values as text), ``chosen`` (whether its cell and seed are scored by it), and the metrics: of a trial that was
    stopped early its ``seconds`` alone."""
    experiment_id: str
    run_id: str
    facts: dict[str, str]
    """Tags of the parent run."""
    differences: list[Difference]
    """Values that are not those of the storage, whose values the table has."""


def read_study(
    study: str,
    label: str,
    children: Children | None = None,
    description: Mapping[str, Any] | None = None,
    store: TrialStore | None = None,
) -> Recorded:
    """A study's trials as MLflow has them; with the values of ``store`` wherever it has others.

    ``label`` is that of ``ScaledStudy``; ``children`` are the trials' runs, if they were just read. ``description`` is
    the study as it is now (see ``describe``); without one, it is as the last run with this name described it. Raises
    ``NotRecordedError`` if MLflow has no such study, and ``AblateError`` if it cannot be used.
    """
    try:
        return _read(open_client(), study, label, children, description, store)
    except AblateError:
        raise
    except Exception as error:  # its database and its artifact storage have exceptions of their own
        raise AblateError(trouble(tracking_uri(), error).text) from error


def _read(
    client: MlflowClient,
    study: str,
    label: str,
    children: Children | None,
    description: Mapping[str, Any] | None,
    store: TrialStore | None,
) -> Recorded:
    experiment = client.get_experiment_by_name(study)
    parent = find_parent(client, experiment.experiment_id, label) if experiment else None
    if experiment is None or parent is None:
        place = without_secrets(tracking_uri())
        raise NotRecordedError(f"{place} has no study {study!r} at {label!r}; has it been run with these options?")
    run_id = parent.info.run_id
    if description is None:
        description = _description(Artifacts.to_read(client, experiment), run_id)
    runs = child_runs(client, experiment.experiment_id, run_id) if children is None else children
    by_trial = latest_of_each_trial(runs)
    axes, trials, tuned = description["axes"], description["trials"], list(description.get("tune", {}))
    results = store.results_of([trial["trial_id"] for trial in trials]) if store else {}
    found: list[Difference] = []
    rows = [_row(trial, axes, tuned, by_trial.get(trial["trial_id"]), results, found) for trial in trials]
    if by_trial and not any(row["run_id"] for row in rows):
        told = "of these trials; another study file of that name was run, or the study was changed"
        raise NotRecordedError(f"{without_secrets(tracking_uri())} has a study {study!r} at {label!r}, but none {told}")
    tags = dict(parent.data.tags)
    table = pd.DataFrame(rows)
    table = search.mark_chosen(table, axes) if tuned else table.assign(chosen=table["state"] == "done")
    return Recorded(dict(description), table, experiment.experiment_id, run_id, tags, found)


def _description(artifacts: Artifacts, run_id: str) -> dict[str, Any]:
    """The study's description, from its parent run. Raises ``AblateError`` if its file is damaged or gone."""
    try:
        description = json.loads(artifacts.read_text(run_id, STUDY_FILE))
        problem = "" if isinstance(description, dict) and description.keys() >= NEEDED else "is damaged"
    except ValueError:
        problem = "is damaged"
    except (FileNotFoundError, MlflowException) as error:
        if getattr(error, "error_code", "RESOURCE_DOES_NOT_EXIST") != "RESOURCE_DOES_NOT_EXIST":
            raise
        problem = "is gone"
    if problem:
        raise AblateError(
            f"{without_secrets(tracking_uri())}: the artifact {STUDY_FILE} of run {run_id} {problem}; run the study "
            "again, which writes it"
        )
    return dict(description)


def _row(
    trial: dict[str, Any],
    axes: list[str],
    tuned: list[str],
    run: Run | None,
    results: Mapping[str, Result],
    found: list[Difference],
) -> dict[str, Any]:
    row = {name: value for name, value in trial.items() if name not in ("coordinates", "tuned", "l2_ends")}
    row |= {axis: str(trial["coordinates"].get(axis, "")) for axis in axes}
    row |= {axis: str(trial["tuned"].get(axis, "")) for axis in tuned}
    if run is None:
        return row | {"state": "waiting", "stopped_at": math.nan, **dict.fromkeys(TEXTS, "")}
    tags, metrics, state = run.data.tags, run.data.metrics, STATES.get(run.info.status)
    if state and (result := results.get(trial["trial_id"])):
        found += differences(result, state, metrics)
        state, metrics = result.state, metrics | result.metrics
    row |= {"state": state or "waiting", "error": tags.get(ERROR, ""), "run_id": run.info.run_id}
    row |= {"encoder_id": tags.get("ablate.pretrain_id", "")}
    row |= {"remedy": next_step(tags.get(FAILURE, ""))}
    row |= {"device": tags.get("device", ""), "numerics": tags.get("numerics", "")}
    row |= {"stopped_at": _number(tags.get(STOPPED_AT, ""))}
    if state == "done":
        return row | with_own(metrics)
    return row | ({"seconds": metrics.get("seconds", 0.0)} if state == "stopped" else {})


def _number(text: str) -> float:
    """The number that a tag holds; NaN if it holds none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def with_own(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics, and those that trials of all protocols have; see ``ablations.types.metrics.own``."""
    found = {name: [metrics[key] for key in keys if key in metrics] for name, keys in own().items()}
    found[search.VALIDATION] = [value for name, value in metrics.items() if name.endswith(f"/{VALIDATION}")]
    return metrics | {name: values[0] for name, values in found.items() if values}

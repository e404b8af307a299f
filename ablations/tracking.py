"""The store's content in MLflow: an experiment a study, a parent run a scale, a child run a trial.

One process writes. Everything is written from what is durable in the store, with the timestamps kept there,
so that writing it again changes nothing.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from ablations.identity import SCHEMA
from ablations.load import ScaledStudy
from ablations.provenance import provenance
from ablations.settings import dotted_values
from ablations.trial import Result, Status, Trial
from core.config import TrainConfig
from core.pretraining.history import Epoch

NO_ANSWER = (MlflowException, SQLAlchemyError, OSError)
"""What is raised where MLflow, its database or its files cannot be reached."""
DEFAULT_DATABASE = Path("mlflow.db")
METRICS_A_CALL = 900
TAG_LENGTH = 5000

STUDY, SCALE, TRIAL, STATUS, RESULT, HISTORY = (
    "ablate.study",
    "ablate.scale",
    "ablate.trial_id",
    "ablate.status",
    "ablate.result_time",
    "ablate.history_start",
)
STOPPED_AT = "ablate.stopped_at"
"""Of a trial that was stopped early, the epoch."""
ENDINGS: dict[Status, str] = {"finished": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
"""What MLflow calls them."""
PARENT = "mlflow.parentRunId"
REPORT_FOLDER = "report"
STUDY_FILE = "study.json"


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, or an SQLite file in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{DEFAULT_DATABASE.resolve()}"


class Tracker:
    """Writes one study at one scale."""

    def __init__(self, scaled: ScaledStudy, trials: Sequence[Trial], description: dict[str, Any]) -> None:
        """``description`` is what a report needs to know of the study; it is kept with the parent run."""
        self.client = MlflowClient(tracking_uri())
        self.experiment_id = _experiment(self.client, scaled.study.name)
        self.parent_id = self._open_parent(scaled, description)
        self.trials = {trial.id: trial for trial in trials}
        children = child_runs(self.client, self.experiment_id, self.parent_id)
        self._children = {run.data.tags[TRIAL]: run for run in children if TRIAL in run.data.tags}

    def save_history(self, trial_id: str, history: Sequence[Epoch]) -> str:
        """Metrics of the epochs so far, to a child run that is made where there is none; its id."""
        start = str(history[0].time) if history else ""
        child = self._children.get(trial_id)
        if child and start and child.data.tags.get(HISTORY, start) != start:
            self._delete(child)  # the encoder was trained anew
            child = None
        child = child or self._open_child(self.trials[trial_id])
        run_id: str = child.info.run_id
        if start:
            self.client.set_tag(run_id, HISTORY, start)
            self._log_metrics(run_id, list(_history_metrics(history)))
        return run_id

    def save_result(self, result: Result, history: Sequence[Epoch]) -> None:
        """Everything about a trial that has ended. Does nothing where it is there already."""
        known = self._children.get(result.trial_id)
        if known and known.data.tags.get(RESULT) == str(result.finished_at):
            return
        if known and known.data.tags.get(STATUS) in ("failed", "stopped"):
            self._delete(known)  # its error and traceback are not this result's
        run_id = self.save_history(result.trial_id, history)
        config = self.trials[result.trial_id].config
        self._log_parameters(run_id, self.trials[result.trial_id])  # a killed driver may have left them out
        step, milliseconds = config.pretrain.epochs, int(result.finished_at * 1000)
        final = {**result.metrics, "seconds": result.seconds}
        self._log_metrics(
            run_id, [Metric(k, v, milliseconds, step) for k, v in final.items() if not k.startswith("pretrain/")]
        )
        tags = {**result.facts, STATUS: result.status, "ablate.error": result.error, "ablate.failure": result.failure}
        tags[STOPPED_AT] = str(result.stopped_at or "")
        self._log_text(run_id, config.model_dump_json(indent=1), "config.json")
        if result.traceback:
            self._log_text(run_id, result.traceback, "traceback.txt")
        self.client.log_batch(run_id, tags=_tags(tags))
        self.client.set_terminated(run_id, ENDINGS[result.status], milliseconds)
        self.client.set_tag(run_id, RESULT, str(result.finished_at))  # last: only now is it all there
        self._children[result.trial_id] = self.client.get_run(run_id)

    def close(self, complete: bool) -> None:
        self.client.set_terminated(self.parent_id, "FINISHED" if complete else "KILLED")

    def save_report(self, folder: Path) -> None:
        self.client.log_artifacts(self.parent_id, str(folder), REPORT_FOLDER)

    def _open_parent(self, scaled: ScaledStudy, description: dict[str, Any]) -> str:
        run = find_parent(self.client, self.experiment_id, scaled.label)
        tags = {STUDY: scaled.study.name, SCALE: scaled.label, "ablate.schema": str(SCHEMA)}
        if run is None:
            run = self.client.create_run(
                self.experiment_id, tags=tags, run_name=f"{scaled.study.name} at {scaled.label}"
            )
        run_id: str = run.info.run_id
        self.client.update_run(run_id, status="RUNNING")
        self.client.log_batch(run_id, tags=_tags({**provenance(), "mlflow.note.content": _note(scaled)}))
        self._log_text(run_id, json.dumps(description, indent=1), STUDY_FILE)
        return run_id

    def _open_child(self, trial: Trial) -> Run:
        tags = {
            PARENT: self.parent_id,
            TRIAL: trial.id,
            "ablate.pretrain_id": trial.pretrain_id,
            "ablate.seed": str(trial.seed),
            **{f"axis.{path}": str(value) for path, value in trial.coordinates.items()},
        }
        if trial.baseline:
            tags["ablate.baseline"] = trial.baseline
        run = self.client.create_run(
            self.experiment_id, tags={t.key: t.value for t in _tags(tags)}, run_name=trial.name
        )
        self._log_parameters(run.info.run_id, trial)
        self._children[trial.id] = run
        return run

    def _delete(self, child: Run) -> None:
        self.client.delete_run(child.info.run_id)
        del self._children[child.data.tags[TRIAL]]

    def _log_parameters(self, run_id: str, trial: Trial) -> None:
        self.client.log_batch(run_id, params=list(_parameters(trial.config)))

    def _log_metrics(self, run_id: str, metrics: list[Metric]) -> None:
        for start in range(0, len(metrics), METRICS_A_CALL):
            self.client.log_batch(run_id, metrics=metrics[start : start + METRICS_A_CALL])

    def _log_text(self, run_id: str, text: str, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text)
            self.client.log_artifact(run_id, str(path))


def find_parent(client: MlflowClient, experiment_id: str, label: str) -> Run | None:
    """The parent run of a study's experiment at that scale and with those overrides; see ``ScaledStudy.label``."""
    found = client.search_runs([experiment_id], f"tags.`{SCALE}` = '{label}'", ViewType.ACTIVE_ONLY, max_results=1)
    return found[0] if found else None


def child_runs(client: MlflowClient, experiment_id: str, parent_id: str) -> Iterator[Run]:
    """All of them: MLflow gives a page at a time."""
    token = None
    while True:
        page = client.search_runs([experiment_id], f"tags.`{PARENT}` = '{parent_id}'", page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _experiment(client: MlflowClient, name: str) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        created: str = client.create_experiment(name, artifact_location=_artifact_location(name))
        return created
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    experiment_id: str = experiment.experiment_id
    return experiment_id


def _note(scaled: ScaledStudy) -> str:
    """What MLflow's page of the parent run shows: the paper's claims, as Markdown."""
    return "\n".join(f"- {claim.says} ({claim.source})" for claim in scaled.study.claims)


def _artifact_location(name: str) -> str | None:
    """Beside the database for the default; else where the tracking server says."""
    return None if os.environ.get("MLFLOW_TRACKING_URI") else str(Path("mlruns", name).resolve())


def _history_metrics(history: Sequence[Epoch]) -> Iterator[Metric]:
    for epoch in history:
        values = asdict(epoch)
        step, milliseconds = values.pop("epoch"), int(values.pop("time") * 1000)
        for name, value in values.items():
            if value is not None:
                yield Metric(f"pretrain/{name}", value, milliseconds, step)


def _parameters(config: TrainConfig) -> Iterator[Param]:
    """By the dotted paths of a study file."""
    values = config.pretrain.model_dump(mode="json") | {"evaluate": config.evaluate.model_dump(mode="json")}
    yield from (Param(path, str(value)) for path, value in dotted_values(values).items())


def _tags(tags: dict[str, str]) -> list[RunTag]:
    return [RunTag(key, value[:TAG_LENGTH]) for key, value in tags.items() if value]

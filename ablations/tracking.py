"""The store's content in MLflow: an experiment a study, a parent run a scale, a child run a trial.

One process writes at a time. Everything is written from what is durable in the store, with the timestamps kept there,
so that writing it again changes nothing.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag, ViewType

from ablations.identity import SCHEMA
from ablations.load import ScaledStudy
from ablations.no_answer import check_database, sqlite_file
from ablations.provenance import provenance
from ablations.settings import dotted_values
from ablations.trial import Result, Status, Trial
from ablations.turns import only_one
from core.config import TrainConfig
from core.files import place_once, unfinished
from core.history import Epoch
from core.remote import AnyPath

DEFAULT_DATABASE = Path("mlflow.db")
METRICS_A_CALL = 800
"""Beside parameters and tags; MLflow takes 1,000 of all together."""
RUNS_A_PAGE = 200
"""A large page may take a busy server longer than a request may."""
TAG_LENGTH = 5000
LOCK_SECONDS = 60.0
"""That one run waits for another to have written."""

STUDY, SCALE, TRIAL, STATUS, RESULT, HISTORY = (
    "ablate.study",
    "ablate.scale",
    "ablate.trial_id",
    "ablate.status",
    "ablate.result_time",
    "ablate.history_start",
)
COLLECTION = "ablate.collection"
"""Of a run that has the page of several studies, their scale and overrides; see ``ScaledStudy.label``."""
WRITER = "ablate.writer"
"""Of a parent run, the ``Tracker`` that has written its children last."""
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


def open_client() -> MlflowClient:
    """Raises any exception where MLflow cannot be reached: its own, its database's, its artifact storage's."""
    check_database(tracking_uri())
    if (database := sqlite_file(tracking_uri())) and not Path(database).exists():
        _make_database(Path(database))
    return MlflowClient(tracking_uri())


def _make_database(path: Path) -> None:
    """MLflow makes its tables one after the other, for seconds, and never gets over having been killed meanwhile: the
    file appears with all of them."""
    with unfinished(path) as temporary:
        MlflowClient(f"sqlite:///{temporary.resolve()}").search_experiments(max_results=1)
        place_once(temporary, path)


def only_writer(storage: AnyPath) -> AbstractContextManager[object]:
    """Held while one of several runs writes: each sees what the others have written, and an SQLite file, which first
    users at once would spoil, has one. Raises ``TimeoutError`` where another does not end."""
    if database := sqlite_file(tracking_uri()):
        return FileLock(f"{database}.lock", timeout=LOCK_SECONDS)
    return only_one(storage, "mlflow", LOCK_SECONDS)


@dataclass
class _Child:
    """A trial's run, and what this process knows to be in it."""

    run_id: str
    tags: dict[str, str]
    has_ended: bool = False
    epochs: int = 0
    has_parameters: bool = False


Children = list[Run]
"""Child runs of one parent: all of them."""


class Tracker:
    """Writes one study at one scale. Every method raises as ``open_client`` does."""

    def __init__(self, scaled: ScaledStudy, trials: Sequence[Trial], description: dict[str, Any]) -> None:
        """``description`` is what a report needs to know of the study; it is kept with the parent run."""
        self.client = open_client()
        self.experiment_id = _experiment(self.client, scaled.study.name)
        self._description = description
        self._name = secrets.token_hex(8)
        self._alone = True
        """No other has written children since this one began."""
        self.parent_id = self._open_parent(scaled)
        self.trials = {trial.id: trial for trial in trials}
        self._children: dict[str, _Child] = {}
        self.seen: Children | None = None
        """By the last look at all children; None once one was written. Looking takes MLflow milliseconds a run."""
        self.look_again()

    def look_again(self, trial_id: str = "") -> None:
        """At what other processes have made of the children, or of that trial's, since this one looked."""
        if trial_id and self._writes_alone():
            return  # MLflow goes through all trials to find one
        found: dict[str, _Child] = {}
        runs = list(child_runs(self.client, self.experiment_id, self.parent_id, trial_id))
        for run in runs:
            if name := run.data.tags.get(TRIAL):
                known = self._children.get(name)
                same = known if known and known.run_id == run.info.run_id else _Child(run.info.run_id, {})
                found[name] = replace(same, tags=run.data.tags, has_ended=run.info.status in ENDINGS.values())
        if trial_id:
            self._children.pop(trial_id, None)
            self._children |= found
        else:
            self._children, self.seen = found, runs

    def save_history(self, trial_id: str, history: Sequence[Epoch]) -> None:
        """Metrics of the epochs so far, to a child run that is made where there is none."""
        self.seen = None
        child = self._child(trial_id, history)
        self._log(child, trial_id, list(_history_metrics(history[child.epochs :])))
        child.epochs = len(history)

    def has_result(self, result: Result) -> bool:
        """Whether everything about the trial is there already."""
        child = self._children.get(result.trial_id)
        return child is not None and child.has_ended and child.tags.get(RESULT) == str(result.finished_at)

    def save_result(self, result: Result, history: Sequence[Epoch]) -> None:
        """Everything about a trial that has ended."""
        self.seen = None
        known = self._children.get(result.trial_id)
        if known and known.tags.get(STATUS) in ("failed", "stopped"):
            self._delete(known)  # its error and traceback are not this result's
        child = self._child(result.trial_id, history)
        config, milliseconds = self.trials[result.trial_id].config, int(result.finished_at * 1000)
        metrics = [*_history_metrics(history[child.epochs :]), *_final_metrics(result, config.pretrain.epochs)]
        tags = {**result.facts, STATUS: result.status, "ablate.error": result.error, "ablate.failure": result.failure}
        tags |= {STOPPED_AT: str(result.stopped_at or ""), RESULT: str(result.finished_at)}
        self._log_text(child.run_id, config.model_dump_json(indent=1), "config.json")
        if result.traceback:
            self._log_text(child.run_id, result.traceback, "traceback.txt")
        self._log(child, result.trial_id, metrics, tags)
        self.client.set_terminated(child.run_id, ENDINGS[result.status], milliseconds)
        child.tags |= {STATUS: result.status, RESULT: tags[RESULT]}
        child.has_ended = True  # only now is it all there

    def close(self, complete: bool) -> None:
        """With its own description, should a run of the same study with other seeds have put its own there."""
        self._describe(self.parent_id)
        self.client.set_terminated(self.parent_id, "FINISHED" if complete else "KILLED")

    def save_report(self, folder: Path) -> None:
        self.client.log_artifacts(self.parent_id, str(folder), REPORT_FOLDER)

    def _writes_alone(self) -> bool:
        """Who finds another's name at the parent run puts its own there, so that the other finds out as well."""
        if self.client.get_run(self.parent_id).data.tags.get(WRITER) != self._name:
            self._alone = False
            self.client.set_tag(self.parent_id, WRITER, self._name)
        return self._alone

    def _open_parent(self, scaled: ScaledStudy) -> str:
        run = find_parent(self.client, self.experiment_id, scaled.label)
        tags = {STUDY: scaled.study.name, SCALE: scaled.label}
        if run is None:
            run = self.client.create_run(
                self.experiment_id, tags=tags, run_name=f"{scaled.study.name} at {scaled.label}"
            )
        run_id: str = run.info.run_id
        self.client.update_run(run_id, status="RUNNING")
        tags = {**provenance(), "ablate.schema": str(SCHEMA), "mlflow.note.content": _note(scaled), WRITER: self._name}
        self.client.log_batch(run_id, tags=_tags(tags))
        self._describe(run_id)
        return run_id

    def _describe(self, parent_id: str) -> None:
        self._log_text(parent_id, json.dumps(self._description, indent=1), STUDY_FILE)

    def _child(self, trial_id: str, history: Sequence[Epoch]) -> _Child:
        """The trial's run: a new one where there is none, or where the encoder was trained anew."""
        start = str(history[0].time) if history else ""
        child = self._children.get(trial_id)
        if child and start and child.tags.get(HISTORY) != start:
            self._delete(child)
            child = None
        return child or self._open_child(self.trials[trial_id], start)

    def _open_child(self, trial: Trial, start: str) -> _Child:
        tags = {
            PARENT: self.parent_id,
            TRIAL: trial.id,
            HISTORY: start,
            "ablate.pretrain_id": trial.pretrain_id,
            "ablate.seed": str(trial.seed),
            "ablate.baseline": trial.baseline or "",
            **{f"axis.{path}": str(value) for path, value in trial.coordinates.items()},
        }
        tags = {tag.key: tag.value for tag in _tags(tags)}
        run = self.client.create_run(self.experiment_id, tags=tags, run_name=trial.name)
        child = self._children[trial.id] = _Child(run.info.run_id, tags)
        return child

    def _delete(self, child: _Child) -> None:
        self.client.delete_run(child.run_id)
        del self._children[child.tags[TRIAL]]

    def _log(self, child: _Child, trial_id: str, metrics: list[Metric], tags: dict[str, str] | None = None) -> None:
        """In as few calls as MLflow allows; with the parameters, where this process has not logged them."""
        while len(metrics) > METRICS_A_CALL:
            self.client.log_batch(child.run_id, metrics[:METRICS_A_CALL])
            metrics = metrics[METRICS_A_CALL:]
        parameters = [] if child.has_parameters else list(_parameters(self.trials[trial_id].config))
        self.client.log_batch(child.run_id, metrics, parameters, _tags(tags or {}))
        child.has_parameters = True

    def _log_text(self, run_id: str, text: str, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text)
            self.client.log_artifact(run_id, str(path))


def save_collection(name: str, label: str, title: str, folder: Path, storage: AnyPath) -> None:
    """The page of several studies, with a run of its own. Raises as ``open_client`` does."""
    with only_writer(storage):
        client = open_client()
        experiment_id = _experiment(client, name)
        found = client.search_runs([experiment_id], f"tags.`{COLLECTION}` = '{label}'", max_results=1)
        run = found[0] if found else client.create_run(experiment_id, run_name=f"{name} at {label}")
        tags = {**provenance(), "ablate.schema": str(SCHEMA), COLLECTION: label, "mlflow.note.content": title}
        client.log_batch(run.info.run_id, tags=_tags(tags))
        client.log_artifacts(run.info.run_id, str(folder), REPORT_FOLDER)
        client.set_terminated(run.info.run_id)


def find_parent(client: MlflowClient, experiment_id: str, label: str) -> Run | None:
    """The parent run of a study's experiment at that scale and with those overrides; see ``ScaledStudy.label``."""
    found = client.search_runs([experiment_id], f"tags.`{SCALE}` = '{label}'", ViewType.ACTIVE_ONLY, max_results=1)
    return found[0] if found else None


def child_runs(client: MlflowClient, experiment_id: str, parent_id: str, trial_id: str = "") -> Iterator[Run]:
    """All of them, or that trial's: MLflow gives a page at a time."""
    wanted, value = (TRIAL, trial_id) if trial_id else (PARENT, parent_id)  # MLflow goes through all runs for each tag
    token = None
    while True:
        page = client.search_runs(
            [experiment_id], f"tags.`{wanted}` = '{value}'", max_results=RUNS_A_PAGE, page_token=token
        )
        yield from (run for run in page if run.data.tags.get(PARENT) == parent_id)
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
        values = epoch.numbers()
        step, milliseconds = values.pop("epoch"), int(values.pop("time") * 1000)
        for name, value in values.items():
            yield Metric(f"pretrain/{name}", value, milliseconds, step)


def _final_metrics(result: Result, epochs: int) -> Iterator[Metric]:
    """Without those of the last epoch, which its history has."""
    for name, value in {**result.metrics, "seconds": result.seconds}.items():
        if not name.startswith("pretrain/"):
            yield Metric(name, value, int(result.finished_at * 1000), epochs)


def _parameters(config: TrainConfig) -> Iterator[Param]:
    """By the dotted paths of a study file."""
    values = config.pretrain.model_dump(mode="json") | {"evaluate": config.evaluate.model_dump(mode="json")}
    yield from (Param(path, str(value)) for path, value in dotted_values(values).items())


def _tags(tags: dict[str, str]) -> list[RunTag]:
    return [RunTag(key, value[:TAG_LENGTH]) for key, value in tags.items() if value]

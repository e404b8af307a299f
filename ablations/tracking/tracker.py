"""Writes the store's content to MLflow: an experiment a study, a parent run a scale, a child run a trial.

One process writes at a time. Everything is written from what is durable in the store, with the timestamps kept there,
so that writing it again changes nothing.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param, RunTag

from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import dotted_values
from ablations.tracking.artifacts import Artifacts
from ablations.tracking.client import (
    PARENT,
    REPORT_FOLDER,
    RUN_STATUS,
    SCALE,
    STOPPED_AT,
    STUDY,
    STUDY_FILE,
    TRIAL,
    Children,
    child_runs,
    find_parent,
    only_writer,
    open_client,
    open_experiment,
)
from ablations.tracking.provenance import provenance
from ablations.types.identity import SCHEMA
from ablations.types.trial import Result, Trial
from core.config import TrainConfig
from core.pretraining.history import Epoch
from core.remote import AnyPath

METRICS_A_CALL = 800
"""Metrics in one call, beside parameters and tags; MLflow takes 1,000 of all together."""
TAG_LENGTH = 5000

STATE, RESULT, HISTORY = "ablate.state", "ablate.result_time", "ablate.history_start"
COLLECTION = "ablate.collection"
"""Tag of a run that holds the page of several studies: their scale and overrides; see ``ScaledStudy.label``."""
WRITER = "ablate.writer"
"""Tag of a parent run: the ``Tracker`` that wrote its children last."""


@dataclass
class _Child:
    """A trial's run, and what this process knows to be in it."""

    run_id: str
    tags: dict[str, str]
    status: str = "RUNNING"
    epochs: int = 0
    has_parameters: bool = False


class Tracker:
    """Writes one study at one scale. Every method raises as ``open_client`` does."""

    def __init__(self, scaled: ScaledStudy, trials: Sequence[Trial], description: dict[str, Any]) -> None:
        """``description`` is kept with the parent run: what a report needs to know of the study."""
        self.client = open_client()
        experiment = open_experiment(self.client, scaled.study.name)
        self.experiment_id = experiment.experiment_id
        self._artifacts = Artifacts.to_write(self.client, experiment)
        self._description = description
        self._name = secrets.token_hex(8)
        self._alone = True
        """Whether no other process has written children since this tracker began."""
        self.parent_id = self._open_parent(scaled)
        self.trials = {trial.id: trial for trial in trials}
        self._children: dict[str, _Child] = {}
        self.seen: Children | None = None
        """All child runs as last read; None once one was written. Reading them takes MLflow milliseconds a run."""
        self.look_again()

    def look_again(self, trial_id: str = "") -> None:
        """Read what other processes have changed in the child runs, or in that trial's."""
        if trial_id and self._writes_alone():
            return  # MLflow goes through all trials to find one
        found: dict[str, _Child] = {}
        runs = list(child_runs(self.client, self.experiment_id, self.parent_id, trial_id))
        for run in runs:
            if name := run.data.tags.get(TRIAL):
                known = self._children.get(name)
                same = known if known and known.run_id == run.info.run_id else _Child(run.info.run_id, {})
                found[name] = replace(same, tags=run.data.tags, status=run.info.status)
        if trial_id:
            self._children.pop(trial_id, None)
            self._children |= found
        else:
            self._children, self.seen = found, runs

    def save_history(self, trial_id: str, history: Sequence[Epoch]) -> None:
        """Write the metrics of the epochs so far; the child run is made if it does not exist."""
        self.seen = None
        child = self._child(trial_id, history)
        self._log(child, trial_id, list(_history_metrics(history[child.epochs :])))
        child.epochs = len(history)

    def has_result(self, result: Result) -> bool:
        """Whether MLflow has everything about the trial already."""
        child = self._children.get(result.trial_id)
        ended = child is not None and child.status in RUN_STATUS.values()
        return child is not None and ended and child.tags.get(RESULT) == str(result.finished_at)

    def save_result(self, result: Result, history: Sequence[Epoch]) -> None:
        """Write everything about a trial that has ended."""
        self.seen = None
        known = self._children.get(result.trial_id)
        if known and known.status in (RUN_STATUS["failed"], RUN_STATUS["stopped"]):
            self._delete(known)  # its error and traceback are not this result's
        child = self._child(result.trial_id, history)
        config, milliseconds = self.trials[result.trial_id].config, int(result.finished_at * 1000)
        metrics = [*_history_metrics(history[child.epochs :]), *_final_metrics(result, config.pretrain.epochs)]
        tags = {**result.facts, STATE: result.state, "ablate.error": result.error}
        tags |= {"ablate.failure": result.failure or "", STOPPED_AT: str(result.stopped_at or "")}
        tags[RESULT] = str(result.finished_at)
        self._artifacts.save_text(child.run_id, config.model_dump_json(indent=1), "config.json")
        if result.traceback:
            self._artifacts.save_text(child.run_id, result.traceback, "traceback.txt")
        self._log(child, result.trial_id, metrics, tags)
        self.client.set_terminated(child.run_id, RUN_STATUS[result.state], milliseconds)
        child.tags |= {RESULT: tags[RESULT]}
        child.status = RUN_STATUS[result.state]  # only now is everything there

    def close(self, complete: bool) -> None:
        """End the parent run, with this tracker's description: a run with other seeds may have put its own there."""
        self._describe(self.parent_id)
        self.client.set_terminated(self.parent_id, "FINISHED" if complete else "KILLED")

    def save_report(self, folder: Path) -> None:
        """Write the files of a drawn report to the parent run."""
        self._artifacts.save(self.parent_id, folder, REPORT_FOLDER)

    def _writes_alone(self) -> bool:
        """A tracker that finds another's name at the parent run puts its own there: the other finds out as well."""
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
        self._artifacts.save_text(parent_id, json.dumps(self._description, indent=1), STUDY_FILE)

    def _child(self, trial_id: str, history: Sequence[Epoch]) -> _Child:
        """The trial's run: a new one if there is none, or if the encoder was trained anew."""
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
        """Log in as few calls as MLflow allows, with the parameters unless this process has logged them."""
        while len(metrics) > METRICS_A_CALL:
            self.client.log_batch(child.run_id, metrics[:METRICS_A_CALL])
            metrics = metrics[METRICS_A_CALL:]
        parameters = [] if child.has_parameters else list(_parameters(self.trials[trial_id].config))
        self.client.log_batch(child.run_id, metrics, parameters, _tags(tags or {}))
        child.has_parameters = True


def save_collection(name: str, label: str, title: str, folder: Path, storage: AnyPath) -> None:
    """Write the page of several studies to a run of its own. Raises as ``open_client`` does."""
    with only_writer(storage):
        client = open_client()
        experiment = open_experiment(client, name)
        found = client.search_runs([experiment.experiment_id], f"tags.`{COLLECTION}` = '{label}'", max_results=1)
        run = found[0] if found else client.create_run(experiment.experiment_id, run_name=f"{name} at {label}")
        tags = {**provenance(), "ablate.schema": str(SCHEMA), COLLECTION: label, "mlflow.note.content": title}
        client.log_batch(run.info.run_id, tags=_tags(tags))
        Artifacts.to_write(client, experiment).save(run.info.run_id, folder, REPORT_FOLDER)
        client.set_terminated(run.info.run_id)


def _note(scaled: ScaledStudy) -> str:
    """The text on MLflow's page of the parent run: the paper's claims, in Markdown."""
    return "\n".join(f"- {claim.says} ({claim.source})" for claim in scaled.study.claims)


def _history_metrics(history: Sequence[Epoch]) -> Iterator[Metric]:
    for epoch in history:
        values = asdict(epoch)
        step, milliseconds = values.pop("epoch"), int(values.pop("time") * 1000)
        for name, value in values.items():
            if value is not None:
                yield Metric(f"pretrain/{name}", value, milliseconds, step)


def _final_metrics(result: Result, epochs: int) -> Iterator[Metric]:
    """The metrics of the result, without those of the last epoch, which the history has."""
    for name, value in {**result.metrics, "seconds": result.seconds}.items():
        if not name.startswith("pretrain/"):
            yield Metric(name, value, int(result.finished_at * 1000), epochs)


def _parameters(config: TrainConfig) -> Iterator[Param]:
    """The configuration by the dotted paths of a study file."""
    values = config.pretrain.model_dump(mode="json") | {"evaluate": config.evaluate.model_dump(mode="json")}
    yield from (Param(path, str(value)) for path, value in dotted_values(values).items())


def _tags(tags: dict[str, str]) -> list[RunTag]:
    return [RunTag(key, value[:TAG_LENGTH]) for key, value in tags.items() if value]

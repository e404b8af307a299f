"""Writes the store's content to MLflow: an experiment a study, a parent run a scale, a child run a trial.

One process writes at a time. Everything is written from what is durable in the store, with the timestamps kept there,
so that writing it again changes nothing.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlflow.entities import Metric

from ablations.store.trial_store import TrialStore
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.connection.artifacts import Artifacts
from ablations.tracking.connection.client import (
    PARENT,
    RUN_STATUS,
    STATES,
    TRIAL,
    Children,
    child_runs,
    latest_of_each_trial,
    open_client,
    open_experiment,
)
from ablations.tracking.content.agreement import differences
from ablations.tracking.content.datasets import dataset_inputs, study_inputs
from ablations.tracking.content.l2_edge import l2_warning
from ablations.tracking.content.limits import (
    KEY,
    METRICS_A_CALL,
    OTHERS_A_CALL,
    parameters,
    readable,
    run_name,
    tags,
    takes_name,
)
from ablations.tracking.content.notes import NOTE, trial_note
from ablations.tracking.content.trial import (
    CHOSEN,
    HISTORY,
    RESULT,
    WARNING,
    began,
    history_metrics,
    history_start,
    parameter_values,
    result_metrics,
    result_tags,
    trial_tags,
)
from ablations.tracking.on_request import NOTHING, Extras
from ablations.tracking.on_request.logged_models import LoggedModels
from ablations.tracking.parent_run import ParentRun
from ablations.tracking.provenance import source
from ablations.types.trial import Result, Trial
from core.config import DataConfig
from core.data.catalog import DataSize
from core.history import Epoch

WRITER = "ablate.writer"
"""Tag of a parent run: the ``Tracker`` that wrote its children last."""


@dataclass
class _Child:
    """A trial's run, and what this process knows to be in it."""

    run_id: str
    tags: dict[str, str]
    status: str = "RUNNING"
    metrics: dict[str, float] | None = None
    """Metrics as they were read; None if this process has written them itself."""
    epochs: int = 0
    has_parameters: bool = False


class Tracker:
    """Writes one study at one scale. Every method raises as ``open_client`` does."""

    def __init__(
        self,
        scaled: ScaledStudy,
        trials: Sequence[Trial],
        description: dict[str, Any],
        sizes: Mapping[DataConfig, DataSize],
        results: Collection[Result],
        extras: Extras = NOTHING,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``description`` is kept with the parent run: what a report needs to know of the study.

        ``sizes`` are those of the data sets, ``results`` are those that the storage has already, ``extras`` are what
        is written besides, and ``tell`` is told what MLflow does not take.
        """
        self.client = open_client()
        experiment = open_experiment(self.client, scaled.study.name)
        self.experiment_id = experiment.experiment_id
        self.trials = {trial.id: trial for trial in trials}
        self.parent = ParentRun(self.client, experiment, scaled, description, self.trials, results, extras)
        used = study_inputs((trial.config for trial in trials), sizes)
        self.client.log_inputs(self.parent.id, used)  # MLflow keeps each once, however often it is logged
        self._artifacts = Artifacts.to_write(self.client, experiment)
        self._models = LoggedModels(self.client, experiment) if extras.log_models else None
        self._study, self._source = scaled.study.name, source(description["command"])
        self._sizes, self._tell = sizes, tell
        self._name = secrets.token_hex(8)
        self.client.set_tag(self.parent.id, WRITER, self._name)
        self._alone = True
        """Whether no other process has written children since this tracker began."""
        self._children: dict[str, _Child] = {}
        self.seen: Children | None = None
        """All child runs as last read; None once one was written. Reading them takes MLflow milliseconds a run."""
        self.look_again()

    def look_again(self, trial_id: str = "") -> None:
        """Read what other processes have changed in the child runs, or in that trial's."""
        if trial_id and self._writes_alone():
            return  # MLflow goes through all trials to find one
        runs = list(child_runs(self.client, self.experiment_id, self.parent.id, trial_id))
        latest = latest_of_each_trial(runs)
        doubles = [run for run in runs if TRIAL in run.data.tags and latest[run.data.tags[TRIAL]] is not run]
        for run in doubles:  # such as failed ones that came back with a deleted experiment
            self.client.delete_run(run.info.run_id)
        found: dict[str, _Child] = {}
        for name, run in latest.items():
            known = self._children.get(name)
            same = known if known and known.run_id == run.info.run_id else _Child(run.info.run_id, {})
            found[name] = replace(same, tags=run.data.tags, status=run.info.status, metrics=run.data.metrics)
        if trial_id:
            self._children.pop(trial_id, None)
            self._children |= found
        else:
            self._children, self.seen = found, [run for run in runs if run not in doubles]

    def save_history(self, trial_id: str, history: Sequence[Epoch], started: float | None = None) -> None:
        """Write the metrics of the epochs so far; the child run is made if it does not exist.

        ``started`` is when this process saw the trial start, in seconds since 1970.
        """
        self.seen = None
        self.parent.begin()
        child = self._child(trial_id, history, began(None, history, started))
        self._log(child, trial_id, list(history_metrics(history[child.epochs :])))
        child.epochs = len(history)

    def has_result(self, result: Result) -> bool:
        """Whether MLflow has everything about the trial already, with the values of the result."""
        child = self._children.get(result.trial_id)
        return child is not None and _holds(child, result) and not _was_edited(child, result)

    def save_result(self, result: Result, history: Sequence[Epoch], started: float | None = None) -> None:
        """Write everything about a trial that has ended; ``started`` as in ``save_history``."""
        self.seen = None
        known = self._children.get(result.trial_id)
        if known and _holds(known, result):
            self._tell(f"trial {result.trial_id}: its run in MLflow was edited; it is written anew")
            self._delete(known)
        elif known and known.status in (RUN_STATUS["failed"], RUN_STATUS["stopped"]):
            self._delete(known)  # its error and traceback are not this result's
        child = self._child(result.trial_id, history, began(result, history, started))
        config, ended = self.trials[result.trial_id].config, int(result.finished_at * 1000)
        metrics = [*history_metrics(history[child.epochs :]), *result_metrics(result)]
        self._artifacts.save_text(child.run_id, config.model_dump_json(indent=1), "config.json")
        if result.traceback:
            self._artifacts.save_text(child.run_id, readable(result.traceback), "traceback.txt")
        written = {**result_tags(result), NOTE: trial_note(self._study, result.trial_id, result)}
        if warning := l2_warning(config.evaluate, result.metrics):
            written[WARNING] = warning
        self._log(child, result.trial_id, metrics, written)
        self.client.set_terminated(child.run_id, RUN_STATUS[result.state], ended)
        child.tags |= {RESULT: written[RESULT]}
        child.status, child.metrics = RUN_STATUS[result.state], None  # only now is everything there

    def save_model(self, result: Result, store: TrialStore) -> None:
        """Write the encoder of a trial that is done as a logged model, if that was asked for."""
        child = self._children.get(result.trial_id)
        if self._models and child and result.state == "done":
            self._models.save(child.run_id, self.trials[result.trial_id].pretrain_id, store)

    def save_chosen(self, chosen: Mapping[str, bool]) -> None:
        """Tag the runs of trials, by trial id, with whether the trial was chosen for its tuned values."""
        for trial_id, is_chosen in chosen.items():
            child, tag = self._children.get(trial_id), str(is_chosen).lower()
            if child and child.tags.get(CHOSEN) != tag:
                self.client.set_tag(child.run_id, CHOSEN, tag)
                child.tags = {**child.tags, CHOSEN: tag}
                self.seen = None

    def _writes_alone(self) -> bool:
        """A tracker that finds another's name at the parent run puts its own there: the other finds out as well."""
        if self.client.get_run(self.parent.id).data.tags.get(WRITER) != self._name:
            self._alone = False
            self.client.set_tag(self.parent.id, WRITER, self._name)
        return self._alone

    def _child(self, trial_id: str, history: Sequence[Epoch], start: int) -> _Child:
        """The trial's run: a new one if there is none, or if the encoder was trained anew."""
        child = self._children.get(trial_id)
        if child and history and child.tags.get(HISTORY) != history_start(history):
            self._delete(child)
            child = None
        return child or self._open_child(self.trials[trial_id], history, start)

    def _open_child(self, trial: Trial, history: Sequence[Epoch], start: int) -> _Child:
        wanted = {PARENT: self.parent.id, TRIAL: trial.id, **trial_tags(trial, history), **self._source}
        wanted[NOTE] = trial_note(self._study, trial.id)
        named = {tag.key: tag.value for tag in tags(wanted)}
        run = self.client.create_run(self.experiment_id, start, named, run_name(trial.name))
        self.client.log_inputs(run.info.run_id, dataset_inputs(trial.config, self._sizes))
        child = self._children[trial.id] = _Child(run.info.run_id, named)
        return child

    def _delete(self, child: _Child) -> None:
        self.client.delete_run(child.run_id)
        del self._children[child.tags[TRIAL]]

    def _log(self, child: _Child, trial_id: str, metrics: list[Metric], written: dict[str, str] | None = None) -> None:
        """Log in as few calls as MLflow allows, with the parameters unless this process has logged them."""
        metrics = [metric for metric in metrics if self._takes(trial_id, metric.key)]
        config = self.trials[trial_id].config
        params = [] if child.has_parameters else parameters(parameter_values(config))
        while len(metrics) > METRICS_A_CALL or len(params) > OTHERS_A_CALL:
            self.client.log_batch(child.run_id, metrics[:METRICS_A_CALL], params[:OTHERS_A_CALL])
            metrics, params = metrics[METRICS_A_CALL:], params[OTHERS_A_CALL:]
        self.client.log_batch(child.run_id, metrics, params, tags(written or {}))
        child.has_parameters = True

    def _takes(self, trial_id: str, name: str) -> bool:
        """Whether MLflow takes a metric of that name; tells if not."""
        if takes_name(name):
            return True
        told = f"MLflow takes no metric called {name[:KEY]!r}; it is left out there, and kept in the store"
        self._tell(f"trial {trial_id}: {told}")
        return False


def _holds(child: _Child, result: Result) -> bool:
    """Whether everything about this result was written to the run."""
    return child.status in RUN_STATUS.values() and child.tags.get(RESULT) == str(result.finished_at)


def _was_edited(child: _Child, result: Result) -> bool:
    """Whether somebody changed the result's state or metrics in MLflow since; the learning curves are not looked at."""
    if child.metrics is None:
        return False
    found = differences(result, STATES[child.status], child.metrics)
    return any(not one.name.startswith("pretrain/") for one in found)

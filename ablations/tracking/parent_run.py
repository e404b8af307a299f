"""The run that stands for a study at one scale. Its child runs are the trials."""

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import Experiment

from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.connection.artifacts import Artifacts
from ablations.tracking.connection.client import (
    LOOKS,
    PARENT,
    SCALE,
    STUDY,
    STUDY_FILE,
    TRIAL,
    all_runs,
    find_parent,
)
from ablations.tracking.content.limits import TAG, parameters, readable, run_name, tags
from ablations.tracking.content.notes import NOTE, experiment_note, parent_note
from ablations.tracking.content.study import parent_parameters
from ablations.tracking.content.summary import Summary
from ablations.tracking.content.views import KIND
from ablations.tracking.on_request import Extras
from ablations.tracking.provenance import provenance, source
from ablations.tracking.save_reports import CLAIMS, save_report, tag_experiment
from ablations.types.identity import SCHEMA
from ablations.types.trial import Result

if TYPE_CHECKING:
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor


class ParentRun:
    """Opens the parent run of a study, and writes to it. Raises as ``open_client`` does."""

    def __init__(
        self,
        client: MlflowClient,
        experiment: Experiment,
        scaled: ScaledStudy,
        description: dict[str, Any],
        trial_ids: Collection[str],
        results: Collection[Result],
        extras: Extras,
    ) -> None:
        """``results`` are those that the storage has already; a run that is made for them has their time."""
        self._client, self._experiment = client, experiment
        self._artifacts = Artifacts.to_write(client, experiment)
        self._description = description
        self._begun = False
        self._extras = extras
        self._monitor: SystemMetricsMonitor | None = None
        run = find_parent(client, experiment.experiment_id, scaled.label)
        self._has_ended = bool(run and run.info.end_time)
        starts = [result.finished_at - result.seconds for result in results]
        start = int(1000 * min(starts, default=time.time()))
        self.id: str = run.info.run_id if run else self._create(scaled, trial_ids, start)
        client.update_run(self.id, status="SCHEDULED")
        known = bool(run and run.data.params)
        wanted = parameters({} if known else parent_parameters(scaled))
        facts = {**provenance(), **source(description["command"]), "ablate.schema": str(SCHEMA)}
        if description["looks"]:
            facts[LOOKS] = ", ".join(map(str, description["looks"]))
        client.log_batch(self.id, params=wanted, tags=tags(facts))
        self._save_description()

    def begin(self) -> None:
        """Say that the study's trials are being run."""
        if not self._begun:
            self._client.update_run(self.id, status="RUNNING")
            self._begun = True
            if self._extras.system_metrics:
                from ablations.tracking.on_request.system_metrics import started_monitor  # few runs need its imports

                self._monitor = started_monitor(self.id, self._client.tracking_uri)

    def close(self, status: str, results: Collection[Result]) -> None:
        """End the run, with this study's description: a run with other seeds may have put its own there.

        It ends with the last of the results, as other studies of a collection may go on; a killed run ends now.
        """
        self.end_sampling()
        self._save_description()
        if status == "SCHEDULED" or (self._has_ended and not self._begun):  # a run that ran nothing lasts no longer
            self._client.update_run(self.id, status=status)
        else:
            ends = [] if status == "KILLED" else [int(1000 * result.finished_at) for result in results]
            self._client.set_terminated(self.id, status, max(ends, default=None))

    def end_sampling(self) -> None:
        """End the samples of system metrics; does nothing if there are none."""
        if self._monitor:
            self._monitor.finish()
            self._monitor = None

    def save_report(self, folder: Path, summary: Summary) -> None:
        """Write the files of a drawn report, and what it found."""
        save_report(self._client, self._experiment, self.id, self._description, folder, summary)

    def _create(self, scaled: ScaledStudy, trial_ids: Collection[str], start: int) -> str:
        named = {STUDY: scaled.study.name, SCALE: scaled.label, **source(self._description["command"])}
        name = run_name(f"{scaled.study.name} at {scaled.label}")
        experiment_id = self._experiment.experiment_id
        created = self._client.create_run(experiment_id, start, named, name)
        run_id: str = created.info.run_id
        self._client.set_tag(run_id, NOTE, readable(parent_note(self._description, experiment_id, run_id, None))[:TAG])
        self._adopt(run_id, trial_ids)
        note = experiment_note(self._description, experiment_id, run_id, None)
        wanted = {CLAIMS: "none judged yet", STUDY: scaled.study.name, NOTE: note, **KIND}
        new = {name: value for name, value in wanted.items() if name not in self._experiment.tags}
        tag_experiment(self._client, experiment_id, new)
        return run_id

    def _adopt(self, run_id: str, trial_ids: Collection[str]) -> None:
        """Take over the runs of trials whose parent run was deleted in MLflow: the latest of each trial."""
        runs = list(all_runs(self._client, self._experiment.experiment_id))
        parents = {run.info.run_id for run in runs if TRIAL not in run.data.tags}
        orphans = [run for run in runs if TRIAL in run.data.tags and run.data.tags.get(PARENT) not in parents]
        adopted: set[str] = set()
        for run in orphans:
            trial_id = run.data.tags[TRIAL]
            if trial_id in adopted:
                self._client.delete_run(run.info.run_id)
            elif trial_id in trial_ids:
                self._client.set_tag(run.info.run_id, PARENT, run_id)
                adopted.add(trial_id)

    def _save_description(self) -> None:
        self._artifacts.save_text(self.id, json.dumps(self._description, indent=1), STUDY_FILE)

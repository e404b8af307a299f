"""The run that stands for a study at one scale. Its child runs are the trials."""

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric

from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.artifacts import Artifacts
from ablations.tracking.client import (
    LOOKS,
    PARENT,
    REPORT_FOLDER,
    SCALE,
    STUDY,
    STUDY_FILE,
    TRIAL,
    all_runs,
    find_parent,
)
from ablations.tracking.content.limits import TAG, TEXT, parameters, run_name, tags, takes_name
from ablations.tracking.content.notes import experiment_note, parent_note
from ablations.tracking.content.study import parent_parameters
from ablations.tracking.content.summary import Summary
from ablations.tracking.provenance import provenance, source
from ablations.types.identity import SCHEMA

NOTE = "mlflow.note.content"
BEST = "ablate.best"


class ParentRun:
    """Opens the parent run of a study, and writes to it. Raises as ``open_client`` does."""

    def __init__(
        self,
        client: MlflowClient,
        experiment: Experiment,
        scaled: ScaledStudy,
        description: dict[str, Any],
        trial_ids: Collection[str],
    ) -> None:
        self._client, self._experiment = client, experiment
        self._artifacts = Artifacts.to_write(client, experiment)
        self._description = description
        self._begun = False
        run = find_parent(client, experiment.experiment_id, scaled.label)
        self.id: str = run.info.run_id if run else self._create(scaled, trial_ids)
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

    def close(self, status: str) -> None:
        """End the run, with this study's description: a run with other seeds may have put its own there."""
        self._save_description()
        if status == "SCHEDULED":
            self._client.update_run(self.id, status=status)
        else:
            self._client.set_terminated(self.id, status)

    def save_report(self, folder: Path, summary: Summary) -> None:
        """Write the files of a drawn report, and what it found."""
        self._artifacts.save(self.id, folder, REPORT_FOLDER)
        known = self._client.get_run(self.id).data.metrics
        now = int(time.time() * 1000)
        metrics = [
            Metric(name, value, now, summary.trials)
            for name, value in summary.metrics.items()
            if known.get(name) != value and takes_name(name)
        ]
        note = parent_note(self._description, self.id, summary)
        self._client.log_batch(self.id, metrics, tags=tags({BEST: summary.best, NOTE: note, **summary.tags}))
        note = experiment_note(self._description, self.id, summary)
        self._client.set_experiment_tag(self._experiment.experiment_id, NOTE, note[:TEXT])

    def _create(self, scaled: ScaledStudy, trial_ids: Collection[str]) -> str:
        named = {STUDY: scaled.study.name, SCALE: scaled.label, **source(self._description["command"])}
        name = run_name(f"{scaled.study.name} at {scaled.label}")
        created = self._client.create_run(self._experiment.experiment_id, tags=named, run_name=name)
        run_id: str = created.info.run_id
        self._client.set_tag(run_id, NOTE, parent_note(self._description, run_id, None)[:TAG])
        self._adopt(run_id, trial_ids)
        experiment_tags = {STUDY: scaled.study.name, NOTE: experiment_note(self._description, run_id, None)[:TEXT]}
        for name, value in experiment_tags.items():
            if name not in self._experiment.tags:
                self._client.set_experiment_tag(self._experiment.experiment_id, name, value)
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

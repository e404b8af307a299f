"""Writes drawn reports to MLflow: a study's to its parent run, and a collection's to a run of its own.

MLflow is given the files, and what was found as metrics, tags and descriptions. Files that it has already are not
written again.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric, Run

from ablations.study.collection import ScaledCollection
from ablations.tracking.connection.artifacts import Artifacts
from ablations.tracking.connection.client import REPORT_FOLDER, only_writer, open_client, open_experiment
from ablations.tracking.content.collection import CollectionFindings, collection_status
from ablations.tracking.content.limits import TEXT, parameters, readable, run_name, tags, takes_name
from ablations.tracking.content.notes import NOTE, experiment_note, parent_note, verdicts_counted
from ablations.tracking.content.study import collection_parameters
from ablations.tracking.content.summary import CLAIM, Summary, summary
from ablations.tracking.content.views import KIND, view_tags
from ablations.tracking.provenance import provenance, source
from ablations.types.identity import SCHEMA
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.tracking.report import DrawnReport

BEST = "ablate.best"
CLAIMS = "ablate.claims"
"""Tag of an experiment: its verdicts counted, which MLflow's list of experiments shows."""
COLLECTION = "ablate.collection"
"""Tag of a run that holds the page of several studies: their scale and overrides; see ``ScaledCollection.label``."""


def save_report(
    client: MlflowClient,
    experiment: Experiment,
    run_id: str,
    description: Mapping[str, Any],
    folder: Path,
    found: Summary,
) -> None:
    """Write a study's report to its parent run and to its experiment. Raises what MLflow raises."""
    experiment_id = experiment.experiment_id
    Artifacts.to_write(client, experiment).save(run_id, folder, REPORT_FOLDER)
    note = parent_note(dict(description), experiment_id, run_id, found)
    _log_findings(client, client.get_run(run_id), found.metrics, {BEST: found.best, NOTE: note, **found.tags})
    told = {
        NOTE: experiment_note(dict(description), experiment_id, run_id, found),
        CLAIMS: verdicts_counted(found.verdicts),
    }
    tag_experiment(client, experiment_id, told | view_tags(found, run_id))


def save_study(name: str, drawn: "DrawnReport", description: Mapping[str, Any], storage: AnyPath) -> None:
    """Write a report that was drawn outside of a run, as ``save_report`` does. Raises as ``open_client`` does."""
    with only_writer(storage):
        client = open_client()
        experiment = open_experiment(client, name)
        save_report(client, experiment, drawn.run_id, description, drawn.folder, summary(drawn.report))


def save_collection(scaled: ScaledCollection, found: CollectionFindings, folder: Path, storage: AnyPath) -> None:
    """Write the page of several studies, and what it found, to their collection's run: the one there is, or a new one.

    The run lasts from the beginning of its studies' runs to their end. Raises as ``open_client`` does.
    """
    with only_writer(storage):
        client = open_client()
        experiment = open_experiment(client, found.name)
        infos = [client.get_run(study.run_id).info for study in found.studies if study.run_id]
        run = _collection_run(client, experiment, found, min(info.start_time for info in infos))
        run_id = run.info.run_id
        facts = {**provenance(), **source(found.command), "ablate.schema": str(SCHEMA), NOTE: found.note(run_id)}
        _log_findings(client, run, found.metrics, facts | found.tags)
        if not run.data.params:  # MLflow changes none, and needs none of these anew
            client.log_batch(run_id, params=parameters(collection_parameters(scaled)))
        Artifacts.to_write(client, experiment).save(run_id, folder, REPORT_FOLDER)
        status = collection_status([info.status for info in infos], [study.problem for study in found.studies])
        client.set_terminated(run_id, status, max([run.info.start_time, *(info.end_time or _now() for info in infos)]))
        told = {NOTE: found.note(run_id, is_experiment=True), CLAIMS: verdicts_counted(found.verdicts)}
        tag_experiment(client, experiment.experiment_id, told | KIND)


def tag_experiment(client: MlflowClient, experiment_id: str, wanted: Mapping[str, str]) -> None:
    """Set tags of an experiment, which may be longer than those of a run."""
    for name, value in wanted.items():
        client.set_experiment_tag(experiment_id, name, readable(value)[:TEXT])


def _collection_run(client: MlflowClient, experiment: Experiment, found: CollectionFindings, start: int) -> Run:
    """The collection's run at that scale and with those overrides."""
    where = f"tags.`{COLLECTION}` = '{found.label}'"
    if known := client.search_runs([experiment.experiment_id], where, max_results=1):
        return known[0]
    named = {COLLECTION: found.label, **source(found.command)}
    return client.create_run(experiment.experiment_id, start, named, run_name(f"{found.name} at {found.label}"))


def _log_findings(client: MlflowClient, run: Run, metrics: Mapping[str, float], written: Mapping[str, str]) -> None:
    """Log metrics that are new, and tags; those of claims that are no more are deleted."""
    now, known = _now(), run.data
    new = [
        Metric(name, value, now, 0)  # at step 0 MLflow's charts are bars
        for name, value in metrics.items()
        if known.metrics.get(name) != value and takes_name(name)
    ]
    client.log_batch(run.info.run_id, new, tags=tags(dict(written)))
    for name in known.tags:
        if name.startswith(CLAIM) and name not in written:
            client.delete_tag(run.info.run_id, name)


def _now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)

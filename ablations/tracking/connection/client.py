"""The MLflow client: where MLflow is, how its database is made, and who may write to it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run, ViewType

from ablations.store.leases.lock import only_one
from ablations.tracking.connection.database import (
    LOCK_SECONDS,
    check_folder,
    default_uri,
    is_here,
    keep_relative,
    make_database,
    relative_location,
    sqlite_file,
)
from ablations.tracking.connection.unreachable import check_database
from ablations.types.trial import EndState
from core.remote import AnyPath

RUNS_A_PAGE = 200
"""Runs asked for in one request: a large page may take a busy server longer than a request may take."""

STUDY, SCALE, TRIAL = "ablate.study", "ablate.scale", "ablate.trial_id"
LOOKS = "ablate.looks"
"""Tag of a parent run: the numbers of seeds at which the claims are looked at, as ``3, 5, 10``."""
PARENT = "mlflow.parentRunId"
STUDY_FILE = "study.json"
"""Artifact of a parent run: the study's description, which a report needs."""
REPORT_FOLDER = "report"
RUN_STATUS: dict[EndState, str] = {"done": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
"""MLflow's status of a run, by the state of its trial."""
STATES: dict[str, EndState] = {status: state for state, status in RUN_STATUS.items()}
"""States of trials that have ended, by MLflow's status of their runs."""

Children = list[Run]
"""All child runs of one parent run."""


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, or an SQLite file in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or default_uri()


def open_client() -> MlflowClient:
    """A client of ``tracking_uri``; a database file that does not exist is made.

    Raises any exception if MLflow cannot be reached: its own, its database's or its artifact storage's.
    """
    uri = tracking_uri()
    if database := sqlite_file(uri):
        check_folder(database)
    check_database(uri)
    if database and not database.exists():
        make_database(database)
    return MlflowClient(uri)


def only_writer(storage: AnyPath) -> AbstractContextManager[object]:
    """A lock that a run holds while it writes, so that each run sees what the others have written.

    An SQLite file, which several first users at once would corrupt, then has one writer. Raises ``TimeoutError`` if
    another run does not release it.
    """
    if database := sqlite_file(tracking_uri()):
        return FileLock(f"{database}.lock", timeout=LOCK_SECONDS)
    return only_one(storage, "mlflow", LOCK_SECONDS)


def find_parent(client: MlflowClient, experiment_id: str, label: str) -> Run | None:
    """The parent run of a study at that scale and with those overrides; see ``ScaledStudy.label``."""
    found = client.search_runs([experiment_id], f"tags.`{SCALE}` = '{label}'", ViewType.ACTIVE_ONLY, max_results=1)
    return found[0] if found else None


def all_runs(client: MlflowClient, experiment_id: str, filter_string: str = "") -> Iterator[Run]:
    """All active runs of an experiment that a filter lets through, the latest first."""
    token = None
    while True:
        page = client.search_runs([experiment_id], filter_string, max_results=RUNS_A_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def child_runs(client: MlflowClient, experiment_id: str, parent_id: str, trial_id: str = "") -> Iterator[Run]:
    """All child runs of a parent run, or those of one trial, the latest first."""
    wanted, value = (TRIAL, trial_id) if trial_id else (PARENT, parent_id)  # each tag costs a pass over all runs
    runs = all_runs(client, experiment_id, f"tags.`{wanted}` = '{value}'")
    return (run for run in runs if run.data.tags.get(PARENT) == parent_id)


def latest_of_each_trial(runs: Iterable[Run]) -> dict[str, Run]:
    """The latest run of each trial, by trial id, of runs that come the latest first."""
    found: dict[str, Run] = {}
    for run in runs:
        if trial_id := run.data.tags.get(TRIAL):
            found.setdefault(trial_id, run)
    return found


def open_experiment(client: MlflowClient, name: str) -> Experiment:
    """The experiment with that name, which is made, or restored if it was deleted."""
    database = sqlite_file(client.tracking_uri)
    is_ours = database is not None and is_here(database)
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        location = relative_location(name) if is_ours else None
        experiment = client.get_experiment(client.create_experiment(name, artifact_location=location))
    elif experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    if database and is_ours:
        keep_relative(database, experiment.experiment_id, name, experiment.artifact_location)
        experiment = client.get_experiment(experiment.experiment_id)
    return experiment

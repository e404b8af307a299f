"""The MLflow client: where MLflow is, how its database is made, and who may write to it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from ablations.store.leases.lock import only_one
from ablations.tracking.unreachable import check_database, sqlite_file
from ablations.types.trial import EndState
from core.files import place_once, unfinished
from core.remote import AnyPath

DEFAULT_DATABASE = Path("mlflow.db")
LOCK_SECONDS = 60.0
"""Longest wait for another run that writes."""
RUNS_A_PAGE = 200
"""Runs asked for in one request: a large page may take a busy server longer than a request may take."""

STUDY, SCALE, TRIAL = "ablate.study", "ablate.scale", "ablate.trial_id"
STOPPED_AT = "ablate.stopped_at"
"""Tag of an early-stopped trial: the epoch."""
PARENT = "mlflow.parentRunId"
STUDY_FILE = "study.json"
"""Artifact of a parent run: the study's description, which a report needs."""
REPORT_FOLDER = "report"
RUN_STATUS: dict[EndState, str] = {"done": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
"""MLflow's status of a run, by the state of its trial."""

Children = list[Run]
"""All child runs of one parent run."""


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI``, or an SQLite file in the current folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{DEFAULT_DATABASE.resolve()}"


def open_client() -> MlflowClient:
    """A client of ``tracking_uri``; a database file that does not exist is made.

    Raises any exception if MLflow cannot be reached: its own, its database's or its artifact storage's.
    """
    check_database(tracking_uri())
    if (database := sqlite_file(tracking_uri())) and not Path(database).exists():
        _make_database(Path(database))
    return MlflowClient(tracking_uri())


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


def child_runs(client: MlflowClient, experiment_id: str, parent_id: str, trial_id: str = "") -> Iterator[Run]:
    """All child runs of a parent run, or those of one trial."""
    wanted, value = (TRIAL, trial_id) if trial_id else (PARENT, parent_id)  # each tag costs a pass over all runs
    token = None
    while True:
        page = client.search_runs(
            [experiment_id], f"tags.`{wanted}` = '{value}'", max_results=RUNS_A_PAGE, page_token=token
        )
        yield from (run for run in page if run.data.tags.get(PARENT) == parent_id)
        token = page.token
        if not token:
            return


def open_experiment(client: MlflowClient, name: str) -> str:
    """The id of the experiment with that name, which is made or restored if need be."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        created: str = client.create_experiment(name, artifact_location=_artifact_location(name))
        return created
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    experiment_id: str = experiment.experiment_id
    return experiment_id


def _make_database(path: Path) -> None:
    """MLflow makes its tables one after the other, for seconds, and cannot use a file that was left in the middle: the
    file appears with all of them."""
    with unfinished(path) as temporary:
        MlflowClient(f"sqlite:///{temporary.resolve()}").search_experiments(max_results=1)
        place_once(temporary, path)


def _artifact_location(name: str) -> str | None:
    """A folder beside the default database; None leaves the choice to a tracking server."""
    return None if os.environ.get("MLFLOW_TRACKING_URI") else str(Path("mlruns", name).resolve())

"""The default MLflow database: an SQLite file in the current folder, with the artifacts of its runs beside it.

Nothing in it says where the folder is, so that a folder can be moved, copied, renamed, or made read-only. MLflow
itself makes every local artifact location absolute; here those of the default database are made relative again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from mlflow import MlflowClient
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ablations.types.errors import AblateError
from core.files import place_once, unfinished

DEFAULT_DATABASE = Path("mlflow.db")
ARTIFACTS = "mlruns"
"""Folder of artifacts, beside the database."""
LOCK_SECONDS = 60.0
"""Longest wait for another process that writes."""
AMBIGUOUS = {"%", "?"}
"""Characters of a path that MLflow and the versions of SQLAlchemy read differently in a URI, however it is quoted."""

_relative_to: Path | None = None
"""The folder that relative URIs mean in this process: MLflow keeps its connections by the URI's text."""


def default_uri() -> str:
    """The URI of the default database: absolute, unless the folder's path cannot be part of a URI."""
    folder = Path.cwd()
    is_relative = bool(AMBIGUOUS & set(str(folder)))
    return f"sqlite:///{DEFAULT_DATABASE if is_relative else folder / DEFAULT_DATABASE}"


def sqlite_file(uri: str) -> Path | None:
    """The file of an SQLite database; None for any other URI."""
    if not uri.startswith("sqlite"):
        return None
    try:
        database = make_url(uri).database
    except ArgumentError:
        return None
    return Path(database) if database else None


def check_folder(database: Path) -> None:
    """Raises ``AblateError`` if a relative path means another folder than it did before in this process."""
    global _relative_to
    if database.is_absolute():
        return
    _relative_to = _relative_to or Path.cwd()
    if Path.cwd() != _relative_to:
        raise AblateError(f"{Path.cwd()}: this process already uses {database} in {_relative_to}; start a new process")


def is_here(database: Path) -> bool:
    """Whether the database is in the current folder, as the default one is."""
    return database.parent.resolve() == Path.cwd()


def relative_location(experiment: str) -> str:
    """The folder of an experiment's artifacts, relative to the folder of the default database."""
    return f"{ARTIFACTS}/{experiment}"


def keep_relative(database: Path, experiment_id: str, name: str, location: str) -> None:
    """Make the artifact locations of an experiment and of its runs relative to the database's folder.

    ``location`` is what the database has now. A location that is not ``<any folder>/mlruns/<name>`` was chosen by
    somebody, and stays.
    """
    relative = relative_location(name)
    if not location.endswith(f"/{relative}"):
        return
    start = len(location) + 1
    with closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as connection, connection:
        connection.execute(
            "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (relative, int(experiment_id))
        )
        for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                f"WHERE experiment_id = ? AND substr({column}, 1, ?) = ?",
                (relative, start, int(experiment_id), start, f"{location}/"),
            )


def make_database(path: Path) -> None:
    """Make a database with MLflow's tables.

    MLflow makes them one after the other, for seconds, and cannot use a file that was left in the middle: so the file
    appears with all of them.
    """
    with unfinished(path) as temporary:
        default = MlflowClient(f"sqlite:///{temporary}").search_experiments(max_results=1)[0]
        if is_here(path):
            keep_relative(temporary, default.experiment_id, default.experiment_id, default.artifact_location)
        place_once(temporary, path)

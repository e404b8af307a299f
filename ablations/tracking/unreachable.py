"""What is said where MLflow does not answer: the place, the reason and the remedy, without a secret."""

from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from ablations.tracking.database import sqlite_file
from ablations.types.redaction import without_secrets

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
DAMAGED = ("disk image is malformed", "file is not a database")
"""Of SQLite, for a file that was truncated or overwritten."""
DENIED = ("error code 401", "error code 403", "PERMISSION_DENIED", "not authenticated")


def no_answer(uri: str, error: Exception) -> str:
    """One sentence."""
    text, place = str(error), f"MLflow at {without_secrets(uri)}"
    reason = f"{type(error).__name__}: {text.strip()}".splitlines()[0]
    if " (Caused by " in reason:  # urllib3's own words are the last of three sentences
        reason = reason.rpartition("): ")[2].removesuffix('"))')
    if any(sign in text for sign in DAMAGED):
        path = sqlite_file(uri)
        database = path.resolve() if path else without_secrets(uri)
        return f"MLflow's database {database} is damaged; move it away and run the study again, which logs all of it"
    if isinstance(error, ImportError):
        return f"{place} needs {error.name}, which is not installed here; pip install {error.name}"
    if any(sign in text for sign in DENIED):
        return f"{place} denies access; check MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN"
    return f"{place} does not answer ({without_secrets(reason)})"


def check_database(uri: str) -> None:
    """Raises what its driver raises for a database that cannot be read, at once: MLflow itself tries for minutes."""
    try:
        url = make_url(uri)
    except ArgumentError:
        return  # a folder
    is_new = url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists())
    if url.get_backend_name() in DATABASES and not is_new:
        inspect(create_engine(url, poolclass=NullPool)).get_table_names()

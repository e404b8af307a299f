"""Messages for an MLflow that cannot be used: the place, the reason and the remedy, without a secret."""

import errno
import os
from dataclasses import dataclass

from mlflow.exceptions import MlflowException
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from ablations.tracking.connection.database import sqlite_file
from ablations.types.errors import AblateError
from ablations.types.redaction import without_secrets
from core.files import can_be_written

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
PACKAGES = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""Packages to install, by the name of the module, if they are named otherwise."""

SET_URI = "set MLFLOW_TRACKING_URI to sqlite:///mlflow.db or to a server, or unset it"
KNOWN: list[tuple[tuple[str, ...], str]] = [
    (
        ("disk image is malformed", "file is not a database"),
        "MLflow's database {database} is damaged; move it away and run the study again, which logs all of it",
    ),
    (
        ("error code 401", "error code 403", "PERMISSION_DENIED", "not authenticated"),
        "{place} denies access; check MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN",
    ),
    (("filesystem tracking backend",), f"{{place}} is a folder, and MLflow 3 writes to none; {SET_URI}"),
    (("got unsupported URI", "Invalid url", "load plugin"), f"{{place}} is no address that MLflow knows; {SET_URI}"),
    (
        ("FATAL:  password", "FATAL:  role", "no password supplied"),
        "{place} denies access; check user and password in MLFLOW_TRACKING_URI",
    ),
    (("FATAL:  database",), "{place} does not exist; create the database, or correct MLFLOW_TRACKING_URI"),
    (("out-of-date database schema",), "{place} was made by another version; 'mlflow db upgrade' brings it up to date"),
    (
        ("character varying(200)", "character varying(256)", "column 'artifact_uri'", "column 'artifact_location'"),
        "{place} keeps the path of its artifacts, and takes none as long as here; run in a folder with a shorter path",
    ),
    (
        ("database or disk is full",),
        "{place} is on a disk without space left; make room and run the study again, which logs what is missing",
    ),
    (
        ("unable to open database file", "readonly database"),
        "MLflow's database {database} cannot be written; make its folder writable, or set MLFLOW_TRACKING_URI",
    ),
]
"""Errors that last, by words that they contain, and what is said of them."""
LASTING_CODES = (
    "BAD_REQUEST",
    "CUSTOMER_UNAUTHORIZED",
    "ENDPOINT_NOT_FOUND",
    "FEATURE_DISABLED",
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "NOT_FOUND",
    "NOT_IMPLEMENTED",
    "PERMISSION_DENIED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
    "UNAUTHENTICATED",
)
"""MLflow's codes for errors that come again however often something is tried."""
LASTING_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
"""Errors of a folder that come again until somebody changes something."""
VALUE_CODES = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
"""MLflow's codes for a value that it, or the database behind it, does not take."""


@dataclass(frozen=True)
class Trouble:
    """Why MLflow could not be used."""

    text: str
    """One sentence, without a full stop: place, reason and, if it lasts, remedy."""
    lasts: bool = False
    """Whether it comes again until somebody changes something."""
    is_about_a_value: bool = False
    """Whether MLflow refuses what it is given, and may take other things."""


def trouble(uri: str, error: Exception) -> Trouble:
    """The meaning of an error of MLflow, of its database or of its artifact storage."""
    if isinstance(error, AblateError):
        return Trouble(str(error), lasts=True)
    place, reason = f"MLflow at {without_secrets(uri)}", without_secrets(_reason(error))
    if isinstance(error, ImportError):
        package = PACKAGES.get(error.name or "", error.name)
        text = f"{place} needs {error.name}, which is not installed here; pip install {package}"
        return Trouble(text, lasts=True)
    for signs, says in KNOWN:
        if any(sign in str(error) for sign in signs):
            file = sqlite_file(uri)
            database = file.resolve() if file else without_secrets(uri)
            return Trouble(says.format(place=place, database=database), lasts=True)
    code = getattr(error, "error_code", "")
    if isinstance(error, MlflowException) and code in LASTING_CODES:
        return Trouble(f"{place} refuses this ({reason})", lasts=True, is_about_a_value=code in VALUE_CODES)
    if isinstance(error, DatabaseError) and not isinstance(error, OperationalError | InterfaceError):
        return Trouble(f"{place} refuses this ({reason})", lasts=True, is_about_a_value=True)
    if isinstance(error, OSError) and error.errno in LASTING_ERRORS:
        return Trouble(f"{place} cannot be used ({reason}); make that writable, or set MLFLOW_TRACKING_URI", lasts=True)
    return Trouble(f"{place} does not answer ({reason})")


def _reason(error: Exception) -> str:
    """The first line of an error that says something."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("(raised as a result of")]
    reason = f"{type(error).__name__}: {lines[0] if lines else ''}"
    if " (Caused by " in reason:  # urllib3's own words are the last of three sentences
        reason = reason.rpartition("): ")[2].removesuffix('"))')
    return reason


def check_database(uri: str) -> None:
    """Raises what its driver raises for a database that cannot be read, and ``PermissionError`` for a file that cannot
    be made, at once: MLflow itself tries for minutes."""
    try:
        url = make_url(uri)
    except ArgumentError:
        return  # a folder
    database = sqlite_file(uri)
    is_new = url.get_backend_name() == "sqlite" and not (database and database.exists())
    if is_new and database and not can_be_written(database.parent):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(database))
    if url.get_backend_name() in DATABASES and not is_new:
        inspect(create_engine(url, poolclass=NullPool)).get_table_names()

"""Sets the environment variables that Ray and MLflow read, and those that containers and batch systems leave out.

This is done before any of these libraries is imported.
"""

import getpass
import os
import sys
from io import TextIOWrapper
from pathlib import Path

from core.files import can_be_written, temporary_home

SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_prestart_worker_first_driver": "0",  # Tune's actors take fresh processes, and never one of these
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # few reports of a trial have the metric that it is judged by
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",  # Tune would save all trials each time, and nothing is restored from it
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C must reach us, instead of ending the run as if it were done
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # ResilientTracker tries again by itself
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Variables of Ray and MLflow; what the user has set stays."""


def settle_environment() -> None:
    """Set what is missing in this process's environment, which its children inherit."""
    for name, value in SETTINGS.items():
        if name.startswith("RAY_") and "ray" in sys.modules:
            continue  # too late: Ray's processes would be told something else than this one
        os.environ.setdefault(name, value)
    _settle_user()
    _settle_home()


def open_streams() -> None:
    """Open the standard streams that are closed, as after ``>&-``, on nothing.

    Otherwise the next file that is opened, such as a database, takes their place, and is printed into.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest descriptor that is free, which is this one
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115 - for the life of the process
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # what the terminal's encoding cannot show ends no command


def _settle_user() -> None:
    """A name for a user that the system does not know: PyTorch and MLflow ask for one."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["USER"] = str(os.getuid())


def _settle_home() -> None:
    """A home for a user without one; and Matplotlib's folder elsewhere if the home cannot be written.

    A home that is read-only stays the home: it may hold the credentials of MLflow, Ray and object stores.
    """
    try:
        home = Path.home()
    except RuntimeError:
        home = temporary_home()
        os.environ["HOME"] = str(home)
    if "MPLCONFIGDIR" not in os.environ and not can_be_written(home / ".config" / "matplotlib"):
        os.environ["MPLCONFIGDIR"] = str(temporary_home() / "matplotlib")

"""The MLflow UI, small and on loopback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil
from rich.console import Console

from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.connection.unreachable import check_database, trouble
from ablations.types.errors import AblateError
from ablations.types.redaction import without_secrets

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 5.0
"""Seconds in which the server is to end, before it is killed."""


def serve(host: str, port: int, console: Console) -> None:
    """Serve until interrupted; for a tracking server that runs already, say where it is. Raises ``AblateError``."""
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        console.print(
            f"MLFLOW_TRACKING_URI is a server with a page of its own: {without_secrets(uri)}", highlight=False
        )
        return
    try:
        check_database(uri)
    except Exception as error:  # every database has exceptions of its own
        raise AblateError(trouble(uri, error).text) from error
    console.print(f"http://{host}:{port}/#/experiments?workflowType=machine_learning (Ctrl-C ends it)", highlight=False)
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    command += ["--serve-artifacts", "--artifacts-destination", "./mlruns"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["MLFLOW_BACKEND_STORE_URI"] = uri  # where other users do not see its password, as in a command line
    try:
        with _ending_with_this_process():
            code = subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return
    if code:
        raise AblateError(f"MLflow's server ended with exit code {code}; is port {port} taken? Try --port")


@contextmanager
def _ending_with_this_process() -> Iterator[None]:
    """End what was started in the block when this process is told to end.

    MLflow's server is a child of a child, and would keep the port."""
    told = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _end) for number in told}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    """Raises ``SystemExit``, and ``KeyboardInterrupt`` after Ctrl-C."""
    started = psutil.Process().children(recursive=True)
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(started, timeout=PATIENCE)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

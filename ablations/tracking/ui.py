"""The MLflow UI, small and on loopback."""

import os
import subprocess
import sys

from rich.console import Console

from ablations.tracking.client import tracking_uri
from ablations.types.errors import AblateError
from ablations.types.redaction import without_secrets


def serve(host: str, port: int, console: Console) -> None:
    """Serve until interrupted; for a tracking server that runs already, say where it is. Raises ``AblateError``."""
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        console.print(
            f"MLFLOW_TRACKING_URI is a server with a page of its own: {without_secrets(uri)}", highlight=False
        )
        return
    console.print(f"http://{host}:{port}/#/experiments?workflowType=machine_learning (Ctrl-C ends it)", highlight=False)
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    command += ["--serve-artifacts", "--artifacts-destination", "./mlruns"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["MLFLOW_BACKEND_STORE_URI"] = uri  # where other users do not see its password, as in a command line
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return
    if code:
        raise AblateError(f"MLflow's server ended with exit code {code}; is port {port} taken? Try --port")

"""The study engine: studies in, trials over Ray, results into MLflow, figures out."""

import os
import sys

_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_AUTH_MODE": "token",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C must reach us, not end the run as if it were done
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
for _name, _value in _SETTINGS.items():  # Ray and MLflow read some of them when they are imported
    if _name.startswith("RAY_") and "ray" in sys.modules:
        continue  # too late for this process, and its children would disagree with it
    os.environ.setdefault(_name, _value)

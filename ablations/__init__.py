"""The study engine: studies in, trials over Ray, results into MLflow, figures out.

from ablations import load_study, results, run_study
"""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from ablations.types.own_packages import import_own

if TYPE_CHECKING:
    from ablations.api import load_study, results, run_study

__all__ = ["load_study", "results", "run_study"]

_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_AUTH_MODE": "token",
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
import_own()
for _name, _value in _SETTINGS.items():  # here, since Ray and MLflow read some of them when they are imported
    if _name.startswith("RAY_") and "ray" in sys.modules:
        continue  # too late: Ray's processes would be told something else than this one
    os.environ.setdefault(_name, _value)


def __dir__() -> list[str]:
    """The public names, whether they were imported yet or not."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: few commands need it, and workers none."""
    if name in __all__:
        return getattr(importlib.import_module("ablations.api"), name)
    raise AttributeError(f"module 'ablations' has no attribute {name!r}")

"""The study engine: studies in, trials over Ray, results into MLflow, figures out.

from ablations import load_study, results, run_study
"""

import importlib
from typing import TYPE_CHECKING, Any

from ablations.types.own_packages import import_own

if TYPE_CHECKING:
    from ablations.api import load_study, results, run_study

__all__ = ["load_study", "results", "run_study"]

import_own()  # first, since the next import takes files of core

from ablations.types.environment import settle_environment  # noqa: E402

settle_environment()  # here, since Ray and MLflow read some of it when they are imported


def __dir__() -> list[str]:
    """The public names, whether they were imported yet or not."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: few commands need it, and workers none."""
    if name in __all__:
        return getattr(importlib.import_module("ablations.api"), name)
    raise AttributeError(f"module 'ablations' has no attribute {name!r}")

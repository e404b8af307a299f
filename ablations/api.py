"""Studies from Python, as in a notebook."""

import json
import logging
import sys
import warnings
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE, location
from ablations.study import load as loading
from ablations.study.load import ScaledStudy
from core.remote import AnyPath

if TYPE_CHECKING:
    import pandas as pd

    from ablations.running.outcome import Outcome


def load_study(
    reference: str | Path,
    scale: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seeds: int | None = None,
) -> ScaledStudy:
    """Read a study: a file, or the name of a shipped study.

    ``settings`` do what ``--set`` does on the command line: a value for a path, or a list of values for an axis.
    Raises ``ablations.types.errors.StudyError``.
    """
    assignments = [f"{path}={json.dumps(value)}" for path, value in (settings or {}).items()]
    return loading.load_study(str(reference), scale, assignments, seeds)


def run_study(
    study: ScaledStudy,
    *,
    storage: str | AnyPath = DEFAULT_STORAGE,
    data_dir: str | AnyPath = DEFAULT_DATA,
    address: str = "local",
    inline: bool = False,
    retry: str | None = None,
    log_models: bool = False,
    system_metrics: bool = False,
) -> "Outcome":
    """Run what is left of a study, log it and draw it; the outcome shows its figure in a notebook. See ``ablate run``.

    Raises ``StudyError`` if it cannot begin. A failed trial raises nothing: ``outcome.failed`` counts them.
    """
    console = _console()
    from ablations.planning.plan import make_plan
    from ablations.running.run import run_plan
    from ablations.running.schedule import Where
    from ablations.store.migration import open_store
    from ablations.tracking.on_request import Extras

    where = Where(location(storage), location(data_dir), address, inline)
    plan = make_plan(study, open_store(where.storage, console.print), where.data_dir, retry)
    return run_plan(plan, where, console, extras=Extras(log_models, system_metrics))


def _console() -> Console:
    """A console for a script or a notebook; in a notebook, Ray and tqdm ask for ipywidgets that nothing here needs."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the terminal's encoding cannot show ends no run
    console = Console(file=sys.stdout)
    if console.is_jupyter:
        warnings.filterwarnings("ignore", message="IProgress not found")
        logging.getLogger("ray.widgets.util").setLevel(logging.WARNING)
    return console


def results(study: ScaledStudy) -> "pd.DataFrame":
    """One row a trial: state, seed, baseline, the axes by their paths (as text) and the metrics, as MLflow has them.

    Raises ``AblateError`` if MLflow has no run of the study.
    """
    from ablations.tracking.reader import read_study

    return read_study(study.study.name, study.label).table

"""Studies from Python, as in a script or a notebook."""

import json
import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablations.store.find_trial import trained_encoder
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE, location
from ablations.store.trial_store import TrialStore
from ablations.study import load as loading
from ablations.study.own_code.uses import CodeOptions
from ablations.study.scaled_study import ScaledStudy
from ablations.types.console import WordConsole
from core.remote import AnyPath

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from ablations.planning.best import BestCell
    from ablations.running.outcome import Outcome
    from core import Encoder, Pretrained

FACTS = ("scored_by", "parameters", "passes", "stopped_at", "error", "remedy", "device", "numerics", "run_id")
"""Columns of ``results`` after the metrics."""


@dataclass(frozen=True)
class LoadedStudy(ScaledStudy):
    """A study at one scale, with what a storage has of it."""

    def best(self, *, storage: str | AnyPath = DEFAULT_STORAGE) -> "Best":
        """The best cell, chosen as in ``ablate status``: by ``select`` of the study. Nothing is run.

        Raises ``StudyError`` if no trial is done, or if the cells are not scored alike.
        """
        from ablations.planning.best import best_stored

        root = location(storage)
        return Best(best_stored(self, TrialStore(root)), root)


@dataclass(frozen=True)
class Best:
    """The best cell of a study, and its encoders."""

    cell: "BestCell"
    """Name, mean of the metric, and the ids of its trials."""
    storage: AnyPath

    def pretrained(self, device: "str | torch.device | None" = None) -> "Pretrained":
        """The encoder f with its head, of the first seed: the best of the seeds would be chosen by chance.

        ``device`` is where to put it; None: the first GPU, else the CPU. A call of it maps images to representations.
        """
        store = TrialStore(self.storage)
        return trained_encoder(store, store.recorded(self.cell.trial_ids[0]), device)

    def encoder(self, device: "str | torch.device | None" = None) -> "Encoder":
        """The encoder f alone, in evaluation mode. It maps images (N, C, H, W), uint8 or float in [0, 1] at the size of
        the training's views, to h (N, width)."""
        from core.trained.module_input import take_images

        found = self.pretrained(device)
        take_images(found.encoder, found.config.data.channels)
        return found.encoder.eval()


def load_study(
    reference: str | Path,
    scale: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seeds: int | None = None,
    use: Sequence[str | Path] = (),
) -> LoadedStudy:
    """Read a study: a file, or the name of a shipped study.

    ``settings`` do what ``--set`` does on the command line: a value for a path, or a list of values for an axis.
    ``seeds`` is the number of seeds, from 0. ``use`` are Python files, or ``package:NAME``, that register parts of your
    own, as ``--use`` does. Raises ``ablations.types.errors.StudyError``.
    """
    assignments = [f"{path}={json.dumps(value)}" for path, value in (settings or {}).items()]
    code = CodeOptions(use=tuple(map(str, use)))
    return LoadedStudy(**vars(loading.load_study(str(reference), scale, assignments, seeds, code)))


def run_study(
    study: ScaledStudy,
    *,
    storage: str | AnyPath = DEFAULT_STORAGE,
    data_dir: str | AnyPath = DEFAULT_DATA,
    address: str = "local",
    inline: bool = False,
    retry: str | None = None,
    retrain_old: bool = False,
    log_models: bool = False,
    system_metrics: bool = False,
) -> "Outcome":
    """Run what is left of a study, log it and draw it, as ``ablate run`` does. A notebook shows the outcome's figure.

    ``retrain_old`` trains again what is older than fingerprints of images, on image folders.

    Raises ``StudyError`` if it cannot begin. Failed trials raise nothing: ``outcome.failed`` is their number.
    """
    console = _console()
    from ablations.planning.collection_plan import plan_of_one
    from ablations.planning.plan import make_plan
    from ablations.running.own_images.copy_unknown import copy_unknown
    from ablations.running.own_images.old_results import take_over
    from ablations.running.run import run_plan
    from ablations.running.schedule import Where
    from ablations.store.upkeep.migration import open_store
    from ablations.tracking.on_request import Extras

    where = Where(location(storage), location(data_dir), address, inline)
    store = open_store(where.storage, console.print)
    plan = make_plan(study, store, where.data_dir, retry)
    if copy_unknown(plan_of_one(plan), where.data_dir, console.print):
        plan = make_plan(study, store, where.data_dir, retry)
    if taken := take_over(plan_of_one(plan), store, where.data_dir, retrain_old):
        console.print(taken)
        plan = make_plan(study, store, where.data_dir, retry)
    return run_plan(plan, where, console, extras=Extras(log_models, system_metrics))


def _console() -> WordConsole:
    """A console for a script or a notebook, where Ray and tqdm ask for ipywidgets, which nothing here needs."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the terminal's encoding cannot show ends no run
    console = WordConsole(file=sys.stdout)
    if console.is_jupyter:
        warnings.filterwarnings("ignore", message="IProgress not found")
        logging.getLogger("ray.widgets.util").setLevel(logging.WARNING)
    return console


def results(study: ScaledStudy, *, storage: str | AnyPath = DEFAULT_STORAGE) -> "pd.DataFrame":
    """One row a trial, as MLflow has it. Numbers are numbers, and NaN or an empty text where a trial has nothing.

    - ``trial_id``, ``encoder_id`` (trials with the same one share a training) and ``name``
    - ``seed``, and ``baseline``: its name, or "" for a trial of the grid
    - ``state``: waiting, done, failed or stopped; then ``error``, ``remedy`` and ``stopped_at`` (the epoch)
    - the axes by dotted path, such as ``loss.temperature``; ``table.attrs["axes"]`` lists them
    - what is tuned by dotted path; ``table.attrs["tune"]`` lists it
    - ``chosen``: whether its cell is scored by this trial for its seed; every trial that is done where nothing is tuned
    - the metrics, such as ``linear_eval/top1``, for trials that are done; ``table.attrs["metrics"]`` lists them
    - ``scored_by`` (protocol, task and data), ``parameters`` (of the encoder, in millions), ``device``,
      ``numerics`` and ``run_id`` (of MLflow)

    Further seeds of its cells that ``storage`` has are among them. Trials on an image folder are those of its last run,
    even if the folder has changed since. Raises ``AblateError`` if MLflow has no run of it.
    """
    import pandas as pd

    from ablations.planning.own_images.fingerprints import last_run
    from ablations.planning.plan import known_trials
    from ablations.tracking.content.description import describe
    from ablations.tracking.reader import read_study

    root = location(storage)
    now = describe(study, known_trials(study, TrialStore(root), last_run(root, study)))
    recorded = read_study(study.study.name, study.label, description=now)
    axes, tune = recorded.description["axes"], list(recorded.description["tune"])
    values = [trial["coordinates"] | trial["tuned"] for trial in recorded.description["trials"]]
    typed = {axis: pd.Series([_scalar(one.get(axis)) for one in values]) for axis in (*axes, *tune)}
    table = recorded.table.assign(**typed)
    front = ["trial_id", "encoder_id", "name", "seed", "baseline", "state", *axes, *tune, "chosen"]
    metrics = sorted(str(name) for name in table if name not in (*front, *FACTS))
    table = table[[*front, *metrics, *(name for name in FACTS if name in table)]]
    table.attrs = {"axes": axes, "tune": tune, "metrics": metrics}
    return table


def _scalar(value: object) -> object:
    """A coordinate as a cell of a table: a list or a mapping as text."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

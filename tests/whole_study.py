"""A study from its file to its figure, and its runs in MLflow."""

import contextlib
import shutil
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run
from recorded import experiment
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.connection.client import TRIAL, child_runs, find_parent, tracking_uri

STUDY = """\
name: small
title: A small study
base:
  data: {name: shapes, image_size: 16, subset: 60}
  encoder: {width: 0.125}
  augment: {policy: composition}
  schedule.warmup_epochs: 0.5
  batch_size: 16
  epochs: 2
  precision: float32
  evaluate: {l2_count: 2, neighbors: 5}
grid:
  augment.first: [crop, color]
  augment.second: [crop, color]
baselines:
  random initialisation: {epochs: 0}
reproduces: figure_5
"""
EVALUATED_TWICE = STUDY.replace("  augment.first: [crop, color]\n", "  evaluate.neighbors: [1, 5]\n")
WHERE = Where(Path("runs"), Path("data"), inline=True)


def plan(text: str = STUDY, *assignments: str, retry: str | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml", None, assignments), TrialStore(WHERE.storage), WHERE.data_dir, retry)


QUIET = Console(quiet=True)


def run(text: str = STUDY, *assignments: str, retry: str | None = None, console: Console = QUIET) -> Outcome:
    return run_plan(plan(text, *assignments, retry=retry), WHERE, console)


def mlflow_children() -> dict[str, list[Run]]:
    """Runs by trial id."""
    client = MlflowClient(tracking_uri())
    parent = find_parent(client, experiment("small").experiment_id, "quick")
    assert parent is not None
    children: dict[str, list[Run]] = {}
    for child in child_runs(client, experiment("small").experiment_id, parent.info.run_id):
        children.setdefault(child.data.tags[TRIAL], []).append(child)
    return children


def broken(*arguments: object, **options: object) -> None:
    raise ZeroDivisionError("a bug")


def run_in(folder: Path, database: Path) -> Path:
    """Run the study to its end in a folder, on a copy of an empty MLflow database; return the folder."""
    shutil.copy(database, folder / "mlflow.db")
    with contextlib.chdir(folder):
        assert list(run().states.values()) == ["done"] * 5
    return folder

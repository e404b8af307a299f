"""Checks what a run must leave: the results of a quiet run bit for bit, each once in MLflow with its whole curve."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.laboratory import EPOCHS, Laboratory
from mlflow import MlflowClient

from ablations.tracking.connection.client import TRIAL, child_runs, find_parent, tracking_uri
from ablations.tracking.reader import read_study

SPEED = "pretrain/images_per_second"
Kept = dict[str, tuple[int, bytes]]
CURVES = ("pretrain/loss", "pretrain/entropy", "pretrain/contrastive_top1", "pretrain/learning_rate")


@dataclass(frozen=True)
class Content:
    """The part of a store and its MLflow that must not depend on what happened on the way."""

    results: dict[str, Any]
    table: dict[str, Any]
    curves: dict[str, Any]
    duplicates: int
    """Runs of a trial in MLflow beyond the first."""

    def difference(self, quiet: "Content") -> str:
        """The difference in words; empty if there is none."""
        wrong = []
        for name in ("results", "table", "curves"):
            one, other = getattr(self, name), getattr(quiet, name)
            differing = [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
            if differing:
                wrong.append(f"{name} of {len(differing)} trials differ ({', '.join(differing[:2])})")
        if self.duplicates:
            wrong.append(f"{self.duplicates} trials twice in MLflow")
        return "; ".join(wrong)


def results(storage: Path) -> dict[str, Any]:
    """State, metrics and the hash of the encoder's weights, by trial id."""
    found = {}
    for path in storage.glob("trials/*/result.json"):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        found[path.parent.name] = (values["state"], values["metrics"], values["facts"].get("encoder_hash"))
    return found


def content(laboratory: Laboratory) -> Content:
    """Raises whatever MLflow raises."""
    with _mlflow_of(laboratory):
        recorded = read_study(laboratory.study, "quick")
        client = MlflowClient(tracking_uri())
        parent = find_parent(client, recorded.experiment_id, "quick")
        assert parent is not None
        children = list(child_runs(client, recorded.experiment_id, parent.info.run_id))
        curves = {run.data.tags[TRIAL]: _curves(client, run.info.run_id) for run in children}
        metrics = [name for name in recorded.table.columns if "/" in name and name != SPEED]
        rows = recorded.table[["trial_id", "name", "state", *metrics]].astype(str).to_dict("records")
    table = {row["trial_id"]: row for row in rows}
    of_study = {trial: result for trial, result in results(laboratory.storage).items() if trial in table}
    return Content(of_study, table, curves, len(children) - len(curves))


def _curves(client: MlflowClient, run_id: str) -> dict[str, Any]:
    return {name: sorted((m.step, m.value) for m in client.get_metric_history(run_id, name)) for name in CURVES}


class _mlflow_of:  # noqa: N801
    """This process asks the MLflow of the laboratory."""

    def __init__(self, laboratory: Laboratory) -> None:
        default = f"sqlite:///{laboratory.folder.resolve() / 'mlflow.db'}"
        self._uri = laboratory.environment.get("MLFLOW_TRACKING_URI", default)

    def __enter__(self) -> None:
        os.environ["MLFLOW_TRACKING_URI"] = self._uri

    def __exit__(self, *error: object) -> None:
        del os.environ["MLFLOW_TRACKING_URI"]


def check_quiet(quiet: Content) -> None:
    assert quiet.results and all(state == "done" for state, _, _ in quiet.results.values()), quiet
    assert set(quiet.curves) == set(quiet.results) == set(quiet.table)
    assert all(len(curve["pretrain/loss"]) == EPOCHS for curve in quiet.curves.values())


def stored(storage: Path) -> Kept:
    """Every finished result as it lies there."""
    kept = {}
    for trial_id, (state, _, _) in results(storage).items():
        path = storage / "trials" / trial_id / "result.json"
        if state == "done":
            kept[trial_id] = (path.stat().st_mtime_ns, path.read_bytes())
    return kept


def lost(before: Kept, storage: Path, but: Mapping[str, object] | None = None) -> list[str]:
    """Finished results that are no longer there, or were computed again."""
    after = stored(storage)
    return [
        trial_id for trial_id, kept in before.items() if trial_id not in (but or {}) and after.get(trial_id) != kept
    ]


def leases(storage: Path) -> list[str]:
    """Leases that keep a run waiting, and runs that still count as alive. Leases of dead runs keep none waiting."""
    held = [
        path
        for path in storage.glob("encoders/*/lease.*")
        if (storage / "live" / f"{path.read_text(encoding='utf-8')}.json").exists()
    ]
    return [str(path.relative_to(storage)) for path in [*held, *storage.glob("live/*.json")]]


def state(storage: Path) -> str:
    """The state of the run when it was struck, as text for the table."""
    count = {
        "encoders": len(list(storage.glob("encoders/*/encoder.pt"))),
        "checkpoints": len(list(storage.glob("encoders/*/checkpoint.pt"))),
        "results": len(list(storage.glob("trials/*/result.json"))),
    }
    return ", ".join(f"{number} {name}" for name, number in count.items() if number) or "nothing"

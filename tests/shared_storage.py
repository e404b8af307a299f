"""A study on a storage that several runs share, and the sign of life of another run."""

import json
import os
from pathlib import Path

from ablations.planning.plan import Plan, make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from core.files import write_text
from core.remote import AnyPath
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1)


def plan(store: TrialStore, text: str = STUDY, retry: str | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), store, Path("data"), retry)


def sign(storage: AnyPath, run: str, beats: int = 0) -> AnyPath:
    """Write the sign of life of another run, on another machine."""
    path = storage / "live" / f"{run}.json"
    write_text(path, json.dumps({"machine": "far away", "beats": beats}))
    if isinstance(path, Path):
        os.utime(path, (beats, beats))
    return path

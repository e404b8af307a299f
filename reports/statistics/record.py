"""Verdicts, and what they are computed from, as files that anyone can judge again."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reports.cells.scoring import SCORED_BY
from reports.statistics.claims import read_claims
from reports.statistics.measured import CORRECT
from reports.statistics.page import Judged
from reports.statistics.verdicts import Verdict

TRIALS, VERDICTS = "trials.csv", "verdicts.json"
VERSION = 1
"""Of the form of ``verdicts.json``."""
LEFT_OUT = ("run_id", "remedy", "error", "name")
"""Columns of a table that no verdict depends on."""


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON-able values; effect, interval and delta in ``unit``."""
    return {
        "verdict": verdict.word,
        "says": verdict.claim.says,
        "source": verdict.claim.source,
        "metric": verdict.claim.metric,
        "effect": verdict.mean,
        "unit": verdict.unit,
        "between": verdict.about.removeprefix("between "),
        "interval": verdict.interval,
        "level": verdict.level,
        "margin": verdict.claim.asked,
        "matters": verdict.matters,
        "small": verdict.small,
        "seeds": verdict.seeds,
        "p": verdict.p,
        "claims": verdict.ruling.claims if verdict.ruling else 0,
        "takes": verdict.takes,
        "notes": list(verdict.notes),
        "reason": verdict.reason,
        "parts": [verdict_values(part) for part in verdict.parts],
    }


def save_record(judged: Judged, verdicts: list[Verdict], folder: Path) -> None:
    """Write ``trials.csv``, every trial's values, and ``verdicts.json``, the claims and the verdicts on them."""
    left_out = [name for name in judged.table if name in LEFT_OUT or str(name).startswith(CORRECT)]
    judged.table.drop(columns=left_out).to_csv(folder / TRIALS, index=False)
    values = {
        "version": VERSION,
        "axes": judged.axes,
        "metric": judged.metric,
        "looks": list(judged.looks),
        "claims": [claim.model_dump(mode="json") for claim in judged.claims],
        "verdicts": [verdict_values(verdict) for verdict in verdicts],
    }
    (folder / VERDICTS).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> Judged:
    """What the verdicts in a folder were taken from, to be judged again; without which test images were right."""
    values = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    texts = dict.fromkeys(["trial_id", "baseline", "state", SCORED_BY, *values["axes"]], str)
    table = pd.read_csv(folder / TRIALS, dtype=texts, keep_default_na=False, na_values={})
    for name in table.columns.difference(list(texts)):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return Judged(read_claims(values["claims"]), table, values["axes"], values["metric"], tuple(values["looks"]))

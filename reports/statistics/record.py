"""Verdicts, and what they are computed from, as files that anyone can judge again."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reports.cells.search import Search
from reports.statistics.claims import read_claims
from reports.statistics.measured import CORRECT
from reports.statistics.page import Judged
from reports.statistics.verdicts import Verdict

TRIALS, VERDICTS, SEARCH = "trials.csv", "verdicts.json", "search.csv"
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
    judged.table.drop(columns=_left_out(judged.table)).to_csv(folder / TRIALS, index=False)
    values = {
        "version": VERSION,
        "axes": judged.axes,
        "metric": judged.metric,
        "looks": list(judged.looks),
        "claims": [claim.model_dump(mode="json") for claim in judged.claims],
        "verdicts": [verdict_values(verdict) for verdict in verdicts],
    }
    (folder / VERDICTS).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def save_search(search: Search, folder: Path) -> None:
    """Write ``search.csv``: every trial that was chosen among, its values, and whether it was chosen."""
    search.table.drop(columns=_left_out(search.table)).to_csv(folder / SEARCH, index=False)


def read_record(folder: Path) -> Judged:
    """What the verdicts in a folder were taken from, to be judged again; without which test images were right."""
    values = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    texts = dict.fromkeys(["trial_id", "baseline", "state", *values["axes"]], str)
    table = pd.read_csv(folder / TRIALS, dtype=texts, keep_default_na=False, na_values={})
    for name in table.columns.difference(list(texts)):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return Judged(read_claims(values["claims"]), table, values["axes"], values["metric"], tuple(values["looks"]))


def _left_out(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if name in LEFT_OUT or str(name).startswith(CORRECT)]

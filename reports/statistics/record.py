"""The files of the verdicts and of the results that they are computed from, so that anyone can judge again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.cells.metric_names import add_labels, labels_of
from reports.cells.scoring import SCORED_BY
from reports.cells.search import Search
from reports.statistics.claims.kinds import read_claims
from reports.statistics.measured import CORRECT
from reports.statistics.page import Judged
from reports.statistics.seeds import FIXED, VARIED
from reports.statistics.verdicts import Verdict

TRIALS, VERDICTS, RIGHT, SEARCH = "trials.csv", "verdicts.json", "right_images.npz", "search.csv"
IMAGES_OF = "images of "
"""The beginning of the name under which the number of images of a column of bits is kept."""
VERSION = 1
"""The version of the form of ``verdicts.json``."""
LEFT_OUT = ("run_id", "remedy", "error", "name")
"""The columns of a table that no verdict depends on."""


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """A verdict as values for JSON; effect, interval and margin are in ``unit``."""
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
        "seeds_needed": verdict.seeds_needed,
        "calibration": verdict.calibration,
        "notes": list(verdict.notes),
        "varied": list(verdict.varied),
        "fixed": list(verdict.fixed),
        "reason": verdict.reason,
        "parts": [verdict_values(part) for part in verdict.parts],
    }


def save_record(judged: Judged, verdicts: list[Verdict], folder: Path) -> None:
    """Write the files that the verdicts can be taken from again.

    ``trials.csv`` has the values of every trial, and ``verdicts.json`` the claims and the verdicts on them. If the
    right test images are known, ``right_images.npz`` has a row of bits for each trial, by metric.
    """
    save_right(judged.table, folder / RIGHT)
    judged.table.drop(columns=_left_out(judged.table)).to_csv(folder / TRIALS, index=False, encoding="utf-8")
    values = {
        "version": VERSION,
        "axes": judged.axes,
        "metric": judged.metric,
        "labels": labels_of(judged.metrics),
        "looks": list(judged.looks),
        "varied": list(judged.varied),
        "fixed": list(judged.fixed),
        "claims": [claim.model_dump(mode="json") for claim in judged.claims],
        "verdicts": [verdict_values(verdict) for verdict in verdicts],
    }
    (folder / VERDICTS).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def save_search(search: Search, folder: Path) -> None:
    """Write ``search.csv``: every trial of a search with its values, and whether it was chosen."""
    search.table.drop(columns=_left_out(search.table)).to_csv(folder / SEARCH, index=False, encoding="utf-8")


def read_record(folder: Path) -> Judged:
    """The study that the verdicts in a folder were taken from, to be judged again.

    The labels of its metrics become known: of a metric that a user's own code measures, only they tell the unit.
    """
    values = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    add_labels(values.get("labels", {}))  # files of earlier versions have none
    texts = dict.fromkeys(["trial_id", "baseline", "state", SCORED_BY, *values["axes"]], str)
    table = pd.read_csv(folder / TRIALS, dtype=texts, keep_default_na=False, na_values={})
    for name in table.columns.difference(list(texts)):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    table = table.assign(**read_right(table, folder / RIGHT))
    seeds = (tuple(values.get(name, known)) for name, known in (("varied", VARIED), ("fixed", FIXED)))
    looks = tuple(values["looks"])
    return Judged(read_claims(values["claims"]), table, values["axes"], values["metric"], looks, *seeds)


def save_right(table: pd.DataFrame, path: Path) -> None:
    """Write the bits of the right test images. A column that some trial lacks is left out, since no verdict uses it;
    without columns no file is written."""
    bits: dict[str, Any] = {}
    for name in (str(name) for name in table if str(name).startswith(CORRECT)):
        known = [one for one in table[name] if isinstance(one, np.ndarray)]
        if len(known) == (table["state"] == "done").sum() and len({len(one) for one in known}) == 1:
            bits[name] = np.packbits(np.stack(known), axis=1)
            bits[f"{IMAGES_OF}{name}"] = len(known[0])
    path.unlink(missing_ok=True)
    if bits:
        np.savez_compressed(path, **bits)


def read_right(table: pd.DataFrame, path: Path) -> dict[str, "pd.Series[Any]"]:
    """The columns of booleans, one for each test image; None for trials that are not done."""
    if not path.exists():
        return {}
    columns = {}
    with np.load(path) as bits:
        for name in (name for name in bits.files if name.startswith(CORRECT)):
            right = iter(np.unpackbits(bits[name], axis=1, count=int(bits[f"{IMAGES_OF}{name}"])).astype(bool))
            found = [next(right) if state == "done" else None for state in table["state"]]
            columns[name] = pd.Series(found, table.index, dtype=object)
    return columns


def _left_out(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if name in LEFT_OUT or str(name).startswith(CORRECT)]

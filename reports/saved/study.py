"""The values of a study's report as files, small enough to be committed, from which everything is drawn again.

- ``study.json``: the study, its figure, its claims and its provenance.
- ``trials.csv``: one row a trial, with its axes, its seed, its state and all its metrics, to six digits.
- ``right_images.npz``: which test images each trial has right, one bit an image; the verdicts depend on them.
- ``data.npz``: the arrays of the trials that a figure of pictures shows; only for such a figure.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from reports.cells.arrays import TrialArrays, save_arrays
from reports.cells.scoring import SCORED_BY
from reports.cells.search import Search, chosen_rows
from reports.specs import Report
from reports.statistics.claims.kinds import read_claims
from reports.statistics.measured import CORRECT
from reports.statistics.record import RIGHT, TRIALS, read_right, save_right
from reports.study_report import StudyReport

STUDY, ARRAYS = "study.json", "data.npz"
DIGITS = "%.6g"
TEXTS = ("trial_id", "encoder_id", "name", "baseline", "state", "error", "device", "numerics", SCORED_BY)
"""The columns of text beside the axes and the tuned settings."""
LEFT_OUT = ("run_id", "remedy")
"""The columns that mean something to one MLflow server, or to a storage, only."""
PLAIN = (
    "name", "title", "axes", "select", "warnings", "looks", "varied", "fixed", "reproduces", "scale",
    "scale_description", "settings", "facts", "command",
)  # fmt: skip
"""The fields of a report that JSON has as they are."""


def save_report(report: StudyReport, folder: Path) -> None:
    """Write the files of a report's values. Curves and views are left out: the figure of the study needs neither."""
    folder.mkdir(parents=True, exist_ok=True)
    table = report.every_trial
    dropped = [name for name in table if name in LEFT_OUT or str(name).startswith(CORRECT)]
    table.drop(columns=dropped).to_csv(folder / TRIALS, index=False, encoding="utf-8", float_format=DIGITS)
    save_right(report.table, folder / RIGHT)
    save_arrays(report.arrays, folder / ARRAYS)
    values = {name: getattr(report, name) for name in PLAIN} | {
        "report": report.spec.model_dump(mode="json"),
        "claims": [claim.model_dump(mode="json") for claim in report.claims],
        "tune": report.search.values if report.search else {},
        "classes": {trial_id: list(one.classes) for trial_id, one in report.arrays.items()},
    }
    (folder / STUDY).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def load_report(folder: Path) -> StudyReport:
    """The report that ``save_report`` wrote, without curves and views."""
    values = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    every = _read_trials(folder / TRIALS, [*TEXTS, *values["axes"], *values["tune"]])
    search = Search(values["tune"], every) if values["tune"] else None
    table = chosen_rows(search, values["axes"]) if search else every
    return StudyReport(
        **{name: values[name] for name in PLAIN} | {name: tuple(values[name]) for name in ("looks", "varied", "fixed")},
        spec=TypeAdapter(Report).validate_python(values["report"]),
        claims=read_claims(values["claims"]),
        search=search,
        table=table.assign(**read_right(table, folder / RIGHT)),
        arrays=_read_arrays(folder / ARRAYS, values["classes"]),
    )


def _read_trials(path: Path, texts: list[str]) -> pd.DataFrame:
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values={})
    if "chosen" in table:
        table["chosen"] = table["chosen"].astype(str) == "True"
    numbers = table.columns.difference([*texts, "chosen"])
    return table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in numbers})


def _read_arrays(path: Path, classes: Mapping[str, list[str]]) -> dict[str, TrialArrays]:
    if not path.exists():
        return {}
    found: dict[str, dict[str, Any]] = {trial_id: {} for trial_id in classes}
    with np.load(path) as arrays:
        for key in arrays.files:
            trial_id, _, name = key.partition("/")
            found[trial_id][name] = arrays[key]
    return {trial_id: TrialArrays(found[trial_id], classes[trial_id]) for trial_id in classes}

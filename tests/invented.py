"""Invented results, and the reports drawn from them."""

import math
from typing import Any

import pandas as pd

from reports.figures.drawn import Drawn, draw
from reports.specs import Report
from reports.study_report import StudyReport
from reports.style import house_style

METRIC = "top1"
Values = dict[tuple[str, ...], list[float | str]]


def trials(axes: list[str], values: Values, **columns: list[float]) -> pd.DataFrame:
    """Table of trials. Each value of a cell is a seed: a number, or the state of a trial without one."""
    rows = []
    for number, (cell, seeds) in enumerate(values.items()):
        more = {name: column[number] for name, column in columns.items()}
        for seed, value in enumerate(seeds):
            done = isinstance(value, float)
            row = {"name": "-".join(cell), "trial_id": f"{number}{seed}", "seed": seed, "baseline": "", "error": ""}
            state = "done" if done else str(value)
            rows.append(
                row | dict(zip(axes, cell, strict=True)) | more | {"state": state, METRIC: value if done else math.nan}
            )
    return pd.DataFrame(rows)


def report(spec: Report, table: pd.DataFrame, axes: list[str], **changes: Any) -> StudyReport:
    values: dict[str, Any] = {"name": "small", "title": "A title", "spec": spec, "table": table, "axes": axes}
    return StudyReport(**(values | {"scale": "quick", "reproduces": "table_0"} | changes))


def drawn(spec: Report, table: pd.DataFrame, axes: list[str], **changes: Any) -> Drawn:
    study = report(spec, table, axes, **changes)
    with house_style(study.texts):
        return draw(study)

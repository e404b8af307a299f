"""Tables of results on one axis, claims about its cells, and the verdicts on them."""

from typing import Any

import pandas as pd

from reports.statistics.claims.kinds import Claim, read_claims
from reports.statistics.verdicts import Verdict, judge

AXES = ["x"]
METRIC = "top1"
Values = list[float | None]


def results(**cells: Values) -> pd.DataFrame:
    rows = [
        {"x": cell, "seed": seed, "baseline": "", "state": "done" if value is not None else "failed", METRIC: value}
        for cell, values in cells.items()
        for seed, value in enumerate(values)
    ]
    rows.append({"x": "", "seed": 0, "baseline": "random", "state": "done", METRIC: 99.0})
    return pd.DataFrame(rows).assign(trial_id=[f"{row['x']}-{row['seed']}" for row in rows])


def claim(kind: str = "better", **values: Any) -> Claim:
    return read_claims([{"says": "it is so", "source": "section 1", "kind": kind, **values}])[0]


def better(cells: str = "", than: str = "", **values: Any) -> Claim:
    return claim(cells=[{"x": c} for c in cells], than=[{"x": c} for c in than], **values)


def verdict(asked: Claim, **cells: Values) -> Verdict:
    return judge([asked], results(**cells), AXES, METRIC)[0]


def effect(asked: Claim, table: pd.DataFrame, axes: list[str]) -> float | None:
    return judge([asked], table, axes, METRIC)[0].mean

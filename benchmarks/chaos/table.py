"""The cases as Markdown."""

import re
import statistics
from collections.abc import Sequence
from itertools import groupby
from typing import Any

Case = dict[str, Any]

HEADS = {
    "kind": "struck by",
    "cases": "cases",
    "strikes": "strikes",
    "same": "same table as a quiet run",
    "lost": "finished results lost or computed again",
    "processes": "cases that left processes",
    "leases": "leases left",
    "seconds": "seconds of the last run, median (most)",
}


def markdown(cases: Sequence[Case]) -> str:
    """All kinds, a row each, then every case."""
    ordered = sorted(cases, key=lambda case: case["kind"])
    rows = [_summary(kind, list(group)) for kind, group in groupby(ordered, key=lambda case: case["kind"])]
    every = [_row(case) for case in ordered]
    heads = ["case", "study", "moments, and what was there", "how struck runs ended", "kept", "last run, s", "verdict"]
    return "\n".join([*_table(list(HEADS.values()), rows), "", *_table(heads, every)])


def _summary(kind: str, cases: list[Case]) -> list[str]:
    seconds = [case["seconds"] for case in cases]
    return [
        kind,
        str(len(cases)),
        str(sum(case["strikes"] for case in cases)),
        f"{sum(not case['difference'] for case in cases)} of {len(cases)}",
        str(sum(len(case["lost"]) for case in cases)),
        str(sum(bool(case["processes_left"]) for case in cases)),
        str(sum(len(case["leases_left"]) for case in cases)),
        f"{statistics.median(seconds):.0f} ({max(seconds):.0f})",
    ]


def _row(case: Case) -> list[str]:
    where = f"{case['study']}, {case['on']}" + (", streamed" if case["code"] == "streamed" else "")
    bad = [*case["wrong"], case["difference"], *case["processes_left"], *case["leases_left"]]
    cells = ["; ".join(case["moments"]), "; ".join(case["ends"]), str(case["kept"]), f"{case['seconds']:.0f}"]
    return [case["case"], where, *map(_without_folder, cells), "; ".join(filter(None, bad)) or "same"]


def _without_folder(text: str) -> str:
    """The laboratory's."""
    return re.sub(r"\S*/labs/[^/\s]+/", "", text)


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]

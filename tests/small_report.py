"""A small study's report: its trials, two claims, and half of it."""

import pandas as pd

from reports.specs import HeatmapReport
from reports.statistics.claims.kinds import BetterClaim, Cells, Claim
from reports.study_report import RunPages, StudyReport

AXES = ["first", "second"]
METRIC = "top1"
CELLS = [("crop", "crop"), ("crop", "color"), ("color", "crop")]


def trial(first: str, second: str, seed: int, state: str = "done") -> dict[str, object]:
    """Row of the study's table."""
    return {
        "trial_id": f"id-{first}-{second}-{seed}",
        "name": f"{first}, {second}, seed {seed}",
        "seed": seed,
        "baseline": "",
        "first": first,
        "second": second,
        "state": state,
        "error": "it <broke>" if state == "failed" else "",
        "remedy": "Mend it." if state == "failed" else "",
        "run_id": f"run-{first}-{second}-{seed}" if state != "waiting" else "",
        "seconds": 90.0 + seed,
        METRIC: {"crop, crop": 30.0, "crop, color": 50.0}.get(f"{first}, {second}", 40.0)
        + 0.1 * seed * (1 + (first == second) / 10),
    }


DONE = pd.DataFrame([trial(first, second, seed) for first, second in CELLS for seed in range(3)])
HALF = pd.DataFrame(
    [trial("crop", "crop", seed) for seed in range(2)]
    + [trial("crop", "color", 0, "failed"), trial("crop", "color", 1, "waiting")]
)


def better(cell: tuple[str, str], than: tuple[str, str]) -> Claim:
    sides: list[Cells] = [[dict(zip(AXES, side, strict=True))] for side in (cell, than)]
    return BetterClaim(says=f"{cell} is better than {than}", source="section 3.1", cells=sides[0], than=sides[1])


CLAIMS = [better(CELLS[1], CELLS[0]), better(CELLS[0], CELLS[2])]
REPORT = StudyReport(
    name="small",
    title="A <title>",
    spec=HeatmapReport(rows="first", columns="second"),
    table=DONE,
    axes=AXES,
    claims=CLAIMS,
    scale="quick",
    settings={"epochs": 2},
    facts={"git_commit": "abc"},
    command="ablate run small.yaml --seeds 3",
    run_pages=RunPages("http://127.0.0.1:5000/#/experiments/7/runs/", "parent", "Only while it is served."),
)

"""Trials that were stopped early have a place but no value in every kind of figure and table."""

import math
from pathlib import Path

import pandas as pd
import pytest

from reports.cells.matrix import to_matrix
from reports.cells.summary import summarise
from reports.figures.findings import cell_findings
from reports.pages.render import render
from reports.specs import (
    AgainstReport,
    BarsReport,
    HeatmapReport,
    PicturesReport,
    PointsReport,
    Report,
    SizesReport,
    TableReport,
)
from reports.statistics.claims.kinds import BetterClaim
from reports.statistics.verdicts import judge
from reports.study_report import StudyReport

METRIC = "top1"
AXES = ["first", "second"]
ROWS = [
    # first, second, seed, state, value, stopped at
    ("a", "x", 0, "done", 60.0, math.nan),
    ("a", "x", 1, "done", 64.0, math.nan),
    ("a", "y", 0, "done", 90.0, math.nan),
    ("a", "y", 1, "stopped", math.nan, 37.0),
    ("b", "x", 0, "stopped", math.nan, 97.0),
    ("b", "x", 1, "stopped", math.nan, 17.0),
    ("b", "y", 0, "failed", math.nan, math.nan),
    ("b", "y", 1, "waiting", math.nan, math.nan),
]
TABLE = pd.DataFrame(ROWS, columns=[*AXES, "seed", "state", METRIC, "stopped_at"]).assign(
    baseline="", error="", name="a trial", trial_id="0", parameters=[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
)
SPECS: dict[str, tuple[Report, list[str]]] = {
    "heatmap": (HeatmapReport(rows="first", columns="second"), ["epoch", "37", "17"]),
    "points": (PointsReport(x="first"), ["37", "17"]),
    "bars": (BarsReport(x="first", series="second"), ["epoch 37", "epoch 17"]),
    "sizes": (SizesReport(series="first"), ["37", "17"]),
    "against": (AgainstReport(axis="second", x="x", y=["y"]), ["37", "2 stopped early"]),
    "table": (TableReport(rows=["first"], columns="second"), ["stopped"]),
}
"""The drawn study, with what is written in its figure."""


def test_a_cell_of_which_a_seed_was_stopped_has_no_mean() -> None:
    """The mean of the seeds that went to the end would be the mean of the better ones."""
    matrix = to_matrix(TABLE, "first", "second", METRIC)
    assert matrix.mean.loc["a", "x"] == 62
    assert matrix.mean.isna().to_numpy().sum() == 3
    assert matrix.state.to_numpy().tolist() == [["done", "stopped"], ["stopped", "failed"]]
    assert matrix.stopped_at.fillna(0).to_numpy().tolist() == [[0, 37], [17, 0]]
    assert matrix.count.loc["a", "y"] == 0


def test_nor_has_one_over_which_another_axis_is_averaged() -> None:
    cells = summarise(TABLE, ["second"], METRIC)
    assert cells["mean"].isna().all()
    assert cells["stopped_at"].tolist() == [17, 37]


def test_findings_count_it() -> None:
    assert "3 of 4 cells have no value yet (1 failed, 2 stopped early)." in cell_findings(
        summarise(TABLE, AXES, METRIC), AXES, []
    )


def cell(first: str, second: str) -> dict[str, str]:
    return {"first": first, "second": second}


def test_a_claim_that_needs_it_is_undecided_and_another_is_not() -> None:
    others = (cell("a", "y"), cell("b", "x"))
    claims = [BetterClaim(says="", cells=[other], than=[cell("a", "x")]) for other in others]
    reasons = [verdict.reason for verdict in judge(claims, TABLE, AXES, METRIC)]
    assert reasons == ["1 of its 4 trials were stopped early", "2 of its 4 trials were stopped early"]
    finished = TABLE.assign(**{METRIC: [60.0, 64.0, 90.0, 95.0] + [math.nan] * 4})
    finished.loc[3, "state"] = "done"
    assert [verdict.seeds for verdict in judge(claims, finished, AXES, METRIC)] == [2, 0]


@pytest.mark.parametrize("kind", SPECS)
def test_figure_page_and_data_say_so(kind: str, tmp_path: Path) -> None:
    spec, written = SPECS[kind]
    render(StudyReport("small", "Small", spec, TABLE, AXES), tmp_path)
    page, figure, data = ((tmp_path / name).read_text() for name in ("report.html", "figure.svg", "data.csv"))
    told = "Stopped early, and so without a number: a, y (epoch 37); b, x (epoch 17)."
    assert told in page
    assert told in (tmp_path / "figure.md").read_text()
    assert "3 stopped early" in page
    assert "stopped early, after epoch 97" in page
    for text in written:
        assert f">{text}</text>" in figure, text
    assert "stopped" in (tmp_path / "table.md").read_text()
    rows = pd.read_csv(tmp_path / "data.csv").set_index(AXES)
    assert rows["stopped_at"].dropna().to_dict() == {("a", "y"): 37, ("b", "x"): 17}, data


def test_a_picture_says_so(tmp_path: Path) -> None:
    only = TABLE[TABLE["first"] == "b"]
    render(StudyReport("small", "Small", PicturesReport(panels="second"), only, AXES), tmp_path)
    assert "x: stopped at epoch 97." in (tmp_path / "report.html").read_text()

"""What was stopped early has its place in figure and table, and no value."""

import math
from pathlib import Path

import pandas as pd
import pytest

from reports.claims import Claim, judge
from reports.effects import Better
from reports.findings import points_findings
from reports.matrix import to_matrix, why_empty
from reports.points import points_figure, points_texts, summarise
from reports.render import render
from reports.study_report import StudyReport

METRIC = "linear_eval/top1"
ROWS = [
    # first, second, seed, state, value, stopped at
    ("a", "x", 0, "finished", 60.0, math.nan),
    ("a", "x", 1, "finished", 64.0, math.nan),
    ("a", "y", 0, "finished", 90.0, math.nan),
    ("a", "y", 1, "stopped", math.nan, 30.0),
    ("b", "x", 0, "stopped", math.nan, 90.0),
    ("b", "x", 1, "stopped", math.nan, 10.0),
    ("b", "y", 0, "failed", math.nan, math.nan),
    ("b", "y", 1, "missing", math.nan, math.nan),
]
TABLE = pd.DataFrame(ROWS, columns=["first", "second", "seed", "state", METRIC, "stopped_at"]).assign(
    baseline="", error="", name="a trial", trial_id="0"
)


def test_a_cell_of_which_a_seed_was_stopped_has_no_mean() -> None:
    """That of the seeds which went to the end would be the mean of the better ones."""
    matrix = to_matrix(TABLE, "first", "second", METRIC)
    assert matrix.mean.loc["a", "x"] == 62
    assert matrix.mean.isna().to_numpy().sum() == 3
    assert matrix.state.to_numpy().tolist() == [["finished", "stopped"], ["stopped", "failed"]]
    assert why_empty(matrix).to_numpy().tolist() == [["", "stopped at epoch 30"], ["stopped at epoch 10", "failed"]]
    assert matrix.count.loc["a", "y"] == 0


def test_points_are_the_same() -> None:
    summary = summarise(TABLE, ["first", "second"], METRIC)
    assert points_texts(summary, ["first", "second"])["mean"].tolist() == [
        "62.0 ± 2.8", "stopped at epoch 30", "stopped at epoch 10", ""
    ]  # fmt: skip
    findings = points_findings(summary, ["first", "second"], {})
    assert "2 of 4 points are not drawn, since a trial of theirs was stopped early." in findings
    figure = points_figure(summary, "first", ["second"], "", "", {})
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert labels == ["stopped early, at epoch", "second x", "second y"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["30", "10"]


def cell(first: str, second: str) -> dict[str, str]:
    return {"first": first, "second": second}


def test_a_claim_that_needs_it_is_undecided_and_another_is_not() -> None:
    others = (cell("a", "y"), cell("b", "x"))
    claims = [Claim("", "", Better((other,), (cell("a", "x"),))) for other in others]
    reasons = [verdict.reason for verdict in judge(claims, TABLE, ["first", "second"], METRIC)]
    assert reasons == ["1 of its 4 trials were stopped early", "2 of its 4 trials were stopped early"]


@pytest.mark.parametrize("kind", ["heatmap", "points"])
def test_figure_and_page_say_so(kind: str, tmp_path: Path) -> None:
    axes = ["first", "second"]
    render(StudyReport("small", "Small", kind, TABLE, axes, axes, METRIC), tmp_path)  # type: ignore[arg-type]
    assert "Dotted, or a grey triangle: stopped early" in (tmp_path / "report.html").read_text()
    assert "stopped after epoch 90" in (tmp_path / "report.html").read_text()
    assert "stopped at epoch 10" in (tmp_path / "table.md").read_text()
    assert "stopped" in (tmp_path / "figure.svg").read_text()

"""Numbers of two protocols, tasks or data sets are drawn beside each other and never compared with each other."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from reports.cells.baselines import Baseline, baselines_of
from reports.cells.circumstances import circumstances
from reports.cells.matrix import to_matrix
from reports.cells.scoring import scored_as
from reports.cells.summary import HERE, PAPER, beside, in_common, of, summarise
from reports.figures.drawn import Drawn, draw
from reports.figures.findings import cell_findings, heatmap_findings
from reports.figures.heatmaps.heatmap import heatmap_figure
from reports.pages.render import render
from reports.paper.numbers import PaperMatrix
from reports.specs import BarsReport, HeatmapReport, PointsReport, Report, TableReport
from reports.statistics.best import best_cells
from reports.statistics.claims.kinds import AgreementClaim
from reports.statistics.page import Judged
from reports.statistics.verdicts import judge
from reports.study_report import StudyReport
from reports.style import house_style

LINEAR, TUNED = "frozen on x", "finetune, labels 0.1 on x"
AXES = ["width", "evaluate"]
VALUES = {("1", "linear"): 30.0, ("2", "linear"): 34.0, ("1", "10%"): 60.0, ("2", "10%"): 58.0}
PUBLISHED = [["1", "linear", 50.0], ["2", "linear", 40.0], ["1", "10%", 70.0], ["2", "10%", 90.0]]


def row(width: str, evaluate: str, value: float, scored_by: str, baseline: str = "") -> dict[str, object]:
    return {
        "trial_id": f"{width}{evaluate}{baseline}",
        "name": f"{width}, {evaluate}",
        "seed": 0,
        "baseline": baseline,
        "width": width,
        "evaluate": evaluate,
        "scored_by": scored_by,
        "state": "done",
        "error": "",
        "top1": value,
    }


def of_cell(evaluate: str) -> str:
    return LINEAR if evaluate == "linear" else TUNED


TABLE = pd.DataFrame(
    [
        *(row(width, evaluate, value, of_cell(evaluate)) for (width, evaluate), value in VALUES.items()),
        row("", "", 20.0, LINEAR, "random"),
        row("", "", 55.0, TUNED, "scratch"),
        row("", "", 44.0, "tsne on x", "else"),
    ]
)


def drawn(spec: Report, table: pd.DataFrame = TABLE, reproduces: str | None = "table_0") -> Drawn:
    with house_style():
        return draw(StudyReport("s", "t", spec, table, AXES, reproduces=reproduces, scale="quick"))


def test_baselines_are_by_what_they_are_scored() -> None:
    assert baselines_of(TABLE, "top1") == [
        Baseline("random", 20.0, LINEAR),
        Baseline("scratch", 55.0, TUNED),
        Baseline("else", 44.0, "tsne on x"),
    ]


@pytest.mark.parametrize(
    "spec",
    [
        TableReport(rows=["width"], columns="evaluate"),
        BarsReport(x="width", series="evaluate"),
        PointsReport(x="width"),
    ],
    ids=lambda spec: spec.kind,
)
def test_sentences_compare_within_one_way_of_scoring(spec: Report) -> None:
    found = drawn(spec, reproduces=None).findings
    assert f"Best ({LINEAR}): 2, linear with 34.0; worst: 1, linear with 30.0." in found
    assert f"Best ({TUNED}): 1, 10% with 60.0; worst: 2, 10% with 58.0." in found
    assert f"random ({LINEAR}): 20.0; the best is +14.0 points from it." in found
    assert f"scratch ({TUNED}): 55.0; the best is +5.0 points from it." in found
    assert "else: 44.0 by tsne on x; no cell is scored so, and none is compared with it." in found
    assert f"width ({LINEAR}) from 1 to 2: +4.0 points." in found
    assert f"width ({TUNED}) from 1 to 2: -2.0 points." in found
    assert len(found) == 7


def test_the_papers_order_is_compared_within_one_way_of_scoring(publish: Callable[..., None]) -> None:
    """Over all cells the order is the paper's in the main, since fine-tuning is better than a linear evaluation."""
    publish(AXES, [*PUBLISHED, ["3", "linear", 30.0], ["3", "10%", 95.0]])
    table = pd.concat([TABLE, pd.DataFrame([row("3", "linear", 38.0, LINEAR), row("3", "10%", 62.0, TUNED)])])
    found = drawn(BarsReport(x="width", series="evaluate"), table).findings
    orders = [sentence for sentence in found if "rank correlation" in sentence]
    assert len(orders) == 2
    assert f"3 cells in common ({LINEAR})" in orders[0]
    assert orders[0].endswith("of -1.00.")
    assert f"3 cells in common ({TUNED})" in orders[1]
    assert orders[1].endswith("of 0.50.")


def test_the_papers_cells_are_scored_as_ones_own_in_the_same_column(publish: Callable[..., None]) -> None:
    """Whatever the widths of a scale are."""
    publish(AXES, [["64", "linear", 50.0], ["128", "linear", 55.0], ["64", "100%", 70.0]])
    report = StudyReport("s", "t", BarsReport(x="width"), TABLE, AXES, reproduces="table_0")
    data = beside(report.table, report.paper, AXES, ["top1"])
    assert of(data, PAPER)["scored_by"].tolist() == [LINEAR, LINEAR, ""]
    found = cell_findings(data, AXES, [])
    assert any(one.startswith(f"width ({LINEAR}) from 1 to 2") and "in the paper from 64" in one for one in found)
    assert not any("in the paper" in one for one in found if TUNED in one)
    assert in_common(data, AXES).empty


def test_two_axes_may_decide_together_how_a_cell_is_scored() -> None:
    """Two axes decide together, as method and data set do in Table 8."""
    ours = pd.DataFrame(
        [["a", "x", "s1"], ["a", "y", "s2"], ["b", "x", "s3"], ["b", "y", "s1"]], columns=["one", "other", "scored_by"]
    )
    theirs = pd.DataFrame([["b", "x"], ["c", "x"]], columns=["one", "other"])
    assert scored_as(theirs, ours, ["one", "other"])["scored_by"].tolist() == ["s3", ""]


def test_bold_is_the_best_of_those_that_are_scored_alike() -> None:
    seeds = [TABLE.assign(seed=seed, top1=TABLE["top1"] + 0.1 * seed * TABLE["width"].eq("1")) for seed in range(3)]
    table = pd.concat(seeds).assign(trial_id=[str(number) for number in range(3 * len(TABLE))])
    cells = summarise(table, AXES, "top1")
    bold = cells[best_cells(Judged([], table, AXES, "top1"), cells, AXES, [])]
    assert bold[AXES].to_numpy().tolist() == [["2", "linear"], ["1", "10%"]]


def test_a_heatmap_compares_within_one_way_of_scoring() -> None:
    matrix = to_matrix(TABLE, "width", "evaluate", "top1")
    found = heatmap_findings(matrix, "top1", None, baselines_of(TABLE, "top1"))
    assert f"Best cell ({LINEAR}): 2, linear with 34.0; worst: 1, linear with 30.0; 4.0 points apart." in found
    assert f"scratch ({TUNED}): 55.0; the best cell is +5.0 points from it." in found
    assert matrix.row_average.isna().all()


@pytest.mark.parametrize(("published", "panels"), [("frozen on x", 4), ("linear_sgd on imagenet", 3), ("", 3)])
def test_a_difference_to_the_paper_is_drawn_of_the_same_protocol_and_data_alone(published: str, panels: int) -> None:
    table = TABLE[TABLE["scored_by"] == LINEAR].assign(evaluate=["a", "b", ""])
    matrix = to_matrix(table, "width", "evaluate", "top1")
    values = matrix.mean.fillna(1.0) + 1
    with house_style():
        figure = heatmap_figure(matrix, PaperMatrix("T", "m", values, None, published), "t", "r", "c")
    titles = [ax.get_title() + ax.get_title("left") for ax in figure.axes if ax.get_label() != "<colorbar>"]
    assert len(titles) == panels
    assert any("Difference" in title for title in titles) == (panels == 4)


def test_a_heatmap_of_two_ways_of_scoring_has_no_one_order(publish: Callable[..., None]) -> None:
    publish(AXES, PUBLISHED)
    figure = drawn(HeatmapReport(rows="width", columns="evaluate")).figure
    titles = [ax.get_title() + ax.get_title("left") for ax in figure.axes]
    assert any("none, of cells that are scored in 2 ways" in title for title in titles)


def test_lines_of_baselines_are_of_those_that_cells_are_scored_as() -> None:
    labels = drawn(PointsReport(x="width"), reproduces=None).figure.axes[0].get_legend_handles_labels()[1]
    assert f"random, {LINEAR} (20.0)" in labels
    assert not any(label.startswith("else") for label in labels)


def test_an_order_of_cells_that_are_scored_in_two_ways_is_not_judged() -> None:
    """The agreement with Figure 5 of a grid half of which is fine-tuned."""
    names = ["crop", "cutout", "color"]
    rows = [
        row("", "", 10.0 * one + other, LINEAR if one else TUNED)
        | {"trial_id": f"{one}{other}{seed}", "seed": seed, "augment.first": first, "augment.second": second}
        for one, first in enumerate(names)
        for other, second in enumerate(names)
        for seed in range(3)
    ]
    axes = ["augment.first", "augment.second"]
    claim = AgreementClaim(says="in the paper's order", key="figure_5")
    mixed = judge([claim], pd.DataFrame(rows), axes, "top1")[0]
    assert (mixed.word, mixed.mean) == ("UNDECIDED", None)
    assert f"scored by {TUNED} and {LINEAR}" in mixed.reason
    alike = judge([claim], pd.DataFrame(rows).assign(scored_by=LINEAR), axes, "top1")[0]
    assert alike.mean is not None


def test_a_figure_says_where_its_cells_differ_in_hardware_or_numerics(tmp_path: Path) -> None:
    numerics = ["bfloat16 channels_last"] * 6 + ["float32 contiguous"]
    mixed = TABLE.assign(device="GPU", numerics=numerics)
    report = StudyReport("s", "t", TableReport(rows=["width"], columns="evaluate"), mixed, AXES)
    told = "Its cells differ in numerics: bfloat16 channels_last (6 trials), float32 contiguous (1 trial)."
    page = render(report, tmp_path)
    for path in (page, tmp_path / "figure.md", tmp_path / "table.md"):
        assert told in path.read_text()
        assert "differ in hardware" not in path.read_text()
    for alike in (mixed.assign(numerics="float32"), TABLE, mixed.assign(state="waiting")):
        assert circumstances(alike) == ""


def test_trials_that_do_not_say_how_they_are_scored_count_as_scored_alike() -> None:
    found = drawn(BarsReport(x="width", series="evaluate"), TABLE.drop(columns="scored_by"), None).findings
    assert found[0] == "Best: 1, 10% with 60.0; worst: 1, linear with 30.0."
    assert of(beside(TABLE, None, AXES, ["top1"]), HERE)["scored_by"].nunique() == 2

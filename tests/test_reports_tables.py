"""Tables: what is in a cell, what is bold and what is grey, and that LaTeX can read them."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest
from invented import METRIC, Values, drawn, trials
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from reports.cells.summary import summarise
from reports.pages.cell_trials import trials_by_cell
from reports.specs import TableReport
from reports.statistics.best import best_cells
from reports.statistics.page import Judged
from reports.style import GREY, WIDTH
from reports.tables.blocks import measure
from reports.tables.latex import latex
from reports.tables.markdown import markdown
from reports.tables.text_blocks import text_blocks

AXES = ["points", "augment"]
SPEC = TableReport(rows=["points"], columns="augment", metrics=[METRIC], best="row", labels={"points": "Methods"})
CELLS: Values = {
    ("SimCLR", "1/8"): [59.0, 61.0, 60.0],
    ("SimCLR", "1"): [64.0, 64.4, 64.2],
    ("Supervised", "1/8"): ["failed", "failed"],
    ("Supervised", "1"): ["waiting", 75.0],
    ("Supervised", "AutoAug"): ["waiting", "waiting"],
}
TABLE = trials(AXES, CELLS)


def set_texts(figure: Figure) -> list[tuple[str, bool, bool]]:
    """Each text with whether it is bold and whether it is grey, from top to bottom and left to right."""
    texts = sorted(figure.axes[0].texts, key=lambda text: (text.get_position()[1], text.get_position()[0]))
    return [(t.get_text(), t.get_fontweight() == "bold", to_hex(t.get_color()) == GREY) for t in texts if t.get_text()]


def test_a_table_is_set_with_the_papers_number_under_ones_own(publish: Callable[..., None]) -> None:
    publish(AXES, [["SimCLR", "1/8", 59.6], ["SimCLR", "1", 63.2], ["Supervised", "1", 75.7]])
    result = drawn(SPEC, TABLE, AXES)
    assert set_texts(result.figure) == [
        ("A title (quick scale)", True, False),
        ("Methods", False, False), ("1/8", False, False), ("1", False, False), ("AutoAug", False, False),
        ("SimCLR", False, False), ("60.0 ± 1.0", False, False), ("64.2 ± 0.2", True, False),
        ("59.6", False, True), ("63.2", False, True),
        ("Supervised", False, False), ("failed", False, False), ("75.0", False, False), ("…", False, False),
        ("75.7", False, True),
        ("Grey: Table 0 of the paper, read from figure.", False, True),
        ("… no result yet.", False, True),
    ]  # fmt: skip
    assert result.texts.to_dict("split") == {
        "index": ["SimCLR", "SimCLR (published)", "Supervised", "Supervised (published)"],
        "columns": ["1/8", "1", "AutoAug"],
        "data": [
            ["60.0 ± 1.0", "64.2 ± 0.2", ""], ["59.6", "63.2", ""], ["failed", "75.0", "…"], ["", "75.7", ""]
        ],
    }  # fmt: skip
    assert result.bold is not None
    assert result.bold.to_numpy().tolist() == [[False, True, False], *[[False] * 3] * 3]
    assert "Bold: the best of a row" in result.caption


def test_the_papers_other_rows_stand_below_in_grey(publish: Callable[..., None]) -> None:
    others = [{"label": "MoCo", "architecture": "ResNet-50", "augment": "1", METRIC: 60.6}]
    publish(AXES, [["SimCLR", "1", 63.2], ["Other", "1/8", 50.0]], others=others)
    result = drawn(SPEC, TABLE, AXES)
    texts = [text for text, _, _ in set_texts(result.figure)]
    below = texts.index("Table 0 of the paper, read from figure")
    assert texts[below + 1 : below + 5] == ["Other", "50.0", "MoCo, ResNet-50", "60.6"]
    assert texts.count("1/8") == 1  # in the columns that are there already
    assert list(result.texts.index)[-2:] == ["Other (published)", "MoCo, ResNet-50 (published)"]
    assert result.texts.loc["MoCo, ResNet-50 (published)", "1"] == "60.6"
    assert all(grey for text, _, grey in set_texts(result.figure)[below : below + 5])


def test_the_paper_has_a_table_of_its_own_where_its_columns_are_others(publish: Callable[..., None]) -> None:
    publish(AXES, [["SimCLR", "1/8", 59.6], ["SimCLR", "1/2", 62.6]])
    texts = [text for text, _, _ in set_texts(drawn(SPEC, TABLE, AXES).figure)]
    assert texts.count("1/8") == 2
    assert texts.index("1/2") > texts.index("Supervised")
    assert texts.count("59.6") == 2  # under one's own, and in its row


def test_metrics_are_columns_under_the_values_of_an_axis(publish: Callable[..., None]) -> None:
    table = TABLE.assign(**{"knn/top1": 50.0})
    spec = TableReport(rows=["points"], columns="augment", metrics=["knn/top1", METRIC], labels={"knn/top1": "kNN"})
    result = drawn(spec, table, AXES)
    assert list(result.texts.columns)[:4] == ["1/8, kNN", "1/8, top-1 (%)", "1, kNN", "1, top-1 (%)"]
    texts = [text for text, _, _ in set_texts(result.figure)]
    assert texts[1:4] == ["1/8", "1", "AutoAug"]
    assert texts.count("kNN") == 3
    assert result.findings[0].startswith("kNN: Best:")


def test_labels_that_repeat_are_set_once(publish: Callable[..., None]) -> None:
    axes = ["loss.normalize", "loss.temperature"]
    cells: Values = {("yes", "0.1"): [60.0], ("yes", "1"): [61.0], ("no", "1"): [57.0]}
    result = drawn(TableReport(rows=axes, metrics=[METRIC]), trials(axes, cells), axes)
    texts = [text for text, _, _ in set_texts(result.figure)]
    assert (texts.count("yes"), texts.count("no"), texts.count("1")) == (1, 1, 2)


def test_one_value_on_two_axes_is_two_rows() -> None:
    """Two grids, each of an axis that the other does not have."""
    axes = ["loss.temperature", "optimizer.momentum"]
    table = trials(axes, {("0.5", ""): [40.0], ("", "0.5"): [60.0], ("", "0.9"): [61.0]})
    texts = drawn(TableReport(rows=axes, metrics=[METRIC]), table, axes).texts
    assert texts[texts.columns[0]].to_dict() == {"0.5, –": "40.0", "–, 0.5": "60.0", "0.9": "61.0"}
    found = trials_by_cell(table, texts, axes, None)
    assert [[one["name"] for one in found[name, str(texts.columns[0])]] for name in texts.index] == [
        ["0.5-"],
        ["-0.5"],
        ["-0.9"],
    ]


def test_a_finished_trial_without_the_metric_is_a_dash(publish: Callable[..., None]) -> None:
    rows = trials(["points"], {("a",): [60.0], ("b",): [50.0]})
    rows.loc[rows["points"] == "b", METRIC] = math.nan
    result = drawn(TableReport(rows=["points"], metrics=[METRIC]), rows, ["points"])
    assert result.texts[result.texts.columns[0]].tolist() == ["60.0", "–"]


@pytest.mark.parametrize(("columns", "stacked", "upright"), [(3, False, False), (10, True, False), (14, True, True)])
def test_wide_tables_are_narrowed_until_they_fit_a_page(
    columns: int,
    stacked: bool,
    upright: bool,
    publish: Callable[..., None],
) -> None:
    cells: Values = {("SimCLR", f"data{number}"): [60.0, 61.0] for number in range(columns)}
    figure = drawn(SPEC, trials(AXES, cells), AXES).figure
    texts = figure.axes[0].texts
    assert figure.get_figwidth() <= WIDTH + 1e-6
    assert ("± 0.7" in [text.get_text() for text in texts]) is stacked
    assert {text.get_rotation() for text in texts if text.get_text().startswith("data")} == {90.0 if upright else 0.0}


def test_texts_of_a_table_do_not_run_into_each_other(publish: Callable[..., None]) -> None:
    publish(AXES, [["SimCLR", "1/8", 59.6], ["Other", "1", 50.0]], others=[{"label": "MoCo " * 8, METRIC: 60.6}])
    figure = drawn(SPEC, TABLE, AXES).figure
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    shrunk = [box.shrunk(0.9, 0.7) for box in boxes]
    assert not any(a.overlaps(b) for number, a in enumerate(shrunk) for b in shrunk[:number])
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    assert measure("mmmm", bold=True) > measure("mmmm") > measure("mm")


def bold(metric: str, values: Values, by: list[str] | None = None, source: str = "here") -> list[bool]:
    """Whether each cell of two axes is bold, in their order."""
    axes = ["column", "row"]
    table = trials(axes, values).rename(columns={METRIC: metric})
    cells = summarise(table, axes, metric).assign(source=source)
    return best_cells(Judged([], table, axes, metric), cells, axes, by or ["column"]).tolist()


def test_bold_are_the_best_and_those_that_the_test_of_verdicts_does_not_tell_from_it() -> None:
    values: Values = {
        ("a", "1"): [60.0, 60.4, 60.2],
        ("a", "2"): [60.1, 60.2, 60.0],
        ("a", "3"): [50.0, 50.3, 50.1],
        ("b", "1"): [70.0, 70.4, 70.2],
        ("b", "2"): [70.1, 70.2, 70.0],
    }
    assert bold(METRIC, values) == [True, True, False, False, False]  # where none can be told apart, none is bold
    assert bold(METRIC, values, source="paper") == [False] * 5


def test_nothing_is_bold_before_there_are_three_seeds() -> None:
    assert bold(METRIC, {("a", "1"): [60.0, 60.4], ("a", "2"): [50.0, 50.2]}) == [False, False]


@pytest.mark.parametrize("metric", ["pretrain/entropy", "pretrain/contrastive_top1", "transformation/chance"])
def test_what_is_no_score_has_no_best(metric: str) -> None:
    assert not any(bold(metric, {("a", "1"): [8.0, 8.1, 8.2], ("a", "2"): [0.5, 0.6, 0.7]}))


def test_a_precision_among_neighbours_has_a_best_as_in_the_status_of_its_study() -> None:
    cells: Values = {("a", "1"): [88.0, 88.3, 88.2], ("a", "2"): [50.5, 50.6, 50.7]}
    assert bold("retrieval/precision_at_5", cells) == [True, False]


def test_an_entropy_is_told_with_its_ceiling(publish: Callable[..., None]) -> None:
    spec = TableReport(rows=["points"], metrics=["pretrain/entropy", METRIC])
    rows = trials(["points"], {("a",): [60.0]}).assign(**{"pretrain/entropy": 3.0})
    told = drawn(spec, rows, ["points"], settings={"batch_size": 64}).caption
    assert "Entropy is at most ln 64 = 4.2 nats here." in told
    assert "ln 4096 = 8.3" in drawn(spec, rows, ["points"]).caption


def test_bold_and_pipes_in_markdown() -> None:
    texts = pd.DataFrame([["1.0", "2.0"]], index=["a | b"], columns=["x", "y"])
    lines = markdown(texts, "", pd.DataFrame([[False, True]], index=["a | b"], columns=["x", "y"])).splitlines()
    assert lines[2] == r"| a \| b | 1.0 | **2.0** |"


def test_no_name_breaks_a_row_or_is_a_tag_in_markdown() -> None:
    texts = pd.DataFrame([["1.0"]], index=["a\nb <b>\tc"], columns=["x\ny | <i>"])
    assert markdown(texts, "a | b").splitlines() == [
        r"| a \| b | x y \| &lt;i&gt; |",
        "| --- | ---: |",
        "| a b &lt;b&gt; c | 1.0 |",
    ]


def test_tables_of_rows_with_one_name_keep_all_of_them() -> None:
    texts: Any = pd.DataFrame([["1"], ["2"]], index=["MoCo", "MoCo"], columns=["x"])
    assert markdown(texts, "").splitlines()[2:] == ["| MoCo | 1 |", "| MoCo | 2 |"]
    tex = latex(partial(text_blocks, texts, "", None), "c")
    assert r"MoCo & 1 \\" in tex and r"MoCo & 2 \\" in tex


def test_the_papers_number_is_under_the_mean_and_not_under_the_spread(publish: Callable[..., None]) -> None:
    publish(AXES, [["SimCLR", "1/8", 59.6]])
    figure = drawn(SPEC, TABLE, AXES).figure
    figure.draw_without_rendering()
    places = {text.get_text(): text.get_window_extent() for text in figure.axes[0].texts}
    mean, papers = places["60.0 ± 1.0"], places["59.6"]
    assert papers.x0 == pytest.approx(mean.x0, abs=3)
    assert figure.get_figwidth() < WIDTH  # as wide as its rows

"""All kinds of figures and tables: drawn again from their files, of nothing, and with captions."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from artists import x_of, y_of
from invented import METRIC, Values, drawn, report, trials
from invented_figures import (
    AGAINST,
    AGAINST_AXES,
    AGAINST_TABLE,
    BAR_TABLE,
    BARS,
    BARS_AXES,
    SIZE_AXES,
    SIZE_TABLE,
    SIZES,
    bars_of,
)
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.cells.summary import beside
from reports.figures.against import against_figure
from reports.figures.bar_charts.bars import bars_figure
from reports.figures.drawn import draw
from reports.figures.heatmaps.panel import Panel, contrast, draw_panel
from reports.figures.points import points_figure
from reports.figures.sizes import sizes_figure
from reports.figures.table import table_figure
from reports.pages.render import render
from reports.paper.numbers import paper_numbers
from reports.specs import BarsReport, PointsReport, Report, SizesReport, TableReport
from reports.study_report import StudyReport
from reports.style import house_style

POINTS = PointsReport(x="epochs", metric=METRIC)
TABLE = TableReport(rows=["batch_size"], columns="epochs", metrics=[METRIC])
KINDS: dict[str, tuple[Report, pd.DataFrame, list[str]]] = {
    "bars": (BARS, BAR_TABLE, BARS_AXES),
    "points": (POINTS, BAR_TABLE, BARS_AXES),
    "sizes": (SIZES, SIZE_TABLE, SIZE_AXES),
    "against": (AGAINST, AGAINST_TABLE, AGAINST_AXES),
    "table": (TABLE, BAR_TABLE, BARS_AXES),
}
REDRAW: dict[str, Callable[[StudyReport, Any, pd.DataFrame], Figure]] = {
    "bars": bars_figure,
    "points": points_figure,
    "sizes": sizes_figure,
    "against": against_figure,
    "table": table_figure,
}


def paper_rows(table: pd.DataFrame, axes: list[str]) -> dict[str, Any]:
    """Numbers of the paper: half the study's cells, and one of its own."""
    cells = table[axes].drop_duplicates().to_numpy().tolist()
    rows = [[*cell, 60.0 + number, 30.0] for number, cell in enumerate(cells[::2])]
    own = [*["9999"] * len(axes), 71.0, 100.0]
    others = [{"label": "MoCo", "architecture": "ResNet-50", METRIC: 60.6, "parameters": 24}]
    metrics = {METRIC: "ImageNet top-1 (%)", "parameters": "millions"}
    return {"axes": axes, "rows": [*rows, own], "metrics": metrics, "others": others}


def rectangles(ax: Axes) -> list[Rectangle]:
    assert all(isinstance(patch, Rectangle) for patch in ax.patches)
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def traits(figure: Figure) -> list[str]:
    """All that can be seen of numbers and words, a text for each panel."""
    return [
        repr(
            [
                [(patch.get_bbox().bounds, patch.get_hatch()) for patch in rectangles(ax)],
                [(list(x_of(line)), list(y_of(line)), line.get_color()) for line in ax.lines],
                [(text.get_text(), text.get_fontweight(), text.get_position()) for text in ax.texts],
                (ax.get_xlabel(), ax.get_ylabel(), ax.get_xlim(), ax.get_ylim()),
            ]
        )
        for ax in figure.axes
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_file_is_enough_to_draw_the_figure_again(kind: str, publish: Callable[..., None]) -> None:
    spec, table, axes = KINDS[kind]
    publish(**paper_rows(table, axes))
    study = report(spec, table, axes)
    with house_style():
        first = draw(study)
        first.data.to_csv("data.csv", index=False)
        read = pd.read_csv("data.csv", dtype=str, keep_default_na=False)
        numbers = [name for name in ("mean", "spread", "seeds", "parameters") if name in read]
        read[numbers] = read[numbers].apply(pd.to_numeric)
        if "best" in read:
            read["best"] = read["best"] == "True"
        again = REDRAW[kind](study, spec, read)
    assert traits(again) == traits(first.figure)
    assert f"{first.data['mean'].dropna().iloc[0]:.1f}" in traits(again)[0]


@pytest.mark.parametrize("kind", ["bars", "table"])
def test_figures_and_tables_leave_whole_files(kind: str, publish: Callable[..., None]) -> None:
    spec, table, axes = KINDS[kind]
    publish(**paper_rows(table, axes))
    page = render(report(spec, table, axes, title="A <title> & more"), Path("out"))
    assert Path("out/figure.png").read_bytes().startswith(b"\x89PNG")
    assert Path("out/figure.pdf").read_bytes().startswith(b"%PDF")
    assert "<text" in Path("out/figure.svg").read_text()
    assert "Table 0, read from figure; ResNet-50, 100 epochs." in Path("out/figure.md").read_text()
    assert "A &lt;title&gt; &amp; more" in page.read_text()
    assert {"source", "metric", "mean", "spread", "seeds", "state", *axes} <= set(pd.read_csv("out/data.csv").columns)


def test_a_trial_that_has_finished_without_the_metric_leaves_its_place_empty() -> None:
    """This happens where one axis is the protocol, for example."""
    values = pd.DataFrame({"frozen": [40.0], "spectrum": [math.nan]})
    with house_style():
        _, ax = plt.subplots()
        draw_panel(ax, Panel("", values, state=values.notna().replace([True, False], "done")), "", "")
    assert [patch.get_hatch() for patch in ax.patches if isinstance(patch, Rectangle)] == [""]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_of_nothing_and_without_the_paper(kind: str, publish: Callable[..., None]) -> None:
    spec, table, axes = KINDS[kind]
    nothing = table.assign(state="waiting").drop(columns=METRIC)
    result = drawn(spec, nothing, axes, reproduces=None)
    result.figure.draw_without_rendering()
    assert result.findings == ["No cell has finished yet."]
    assert "No cell has a result yet." in result.caption
    assert "paper" not in result.caption


def test_axes_of_one_value_or_of_one_axis_are_drawn(publish: Callable[..., None]) -> None:
    """The smallest studies: nothing to join, to tell apart or to put across."""
    one = trials(["evaluate"], {("linear",): [61.0], ("1%",): [35.0]}, parameters=[11.0, 11.0])
    for spec in (
        AGAINST.model_copy(update={"y": ["1%"]}),
        SizesReport(series="evaluate", metric=METRIC),
        SizesReport(metric=METRIC, logarithmic=True),
        BarsReport(x="evaluate", metric=METRIC),
        PointsReport(x="evaluate", metric=METRIC),
        TableReport(rows=["evaluate"], metrics=[METRIC]),
    ):
        drawn(spec, one, ["evaluate"]).figure.draw_without_rendering()


def test_trends_can_be_compared_where_no_cell_is_the_papers(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["100", "4096", 64.5], ["1000", "4096", 69.3], ["100", "8192", 64.8]])
    cells: Values = {("2", "32"): [30.0], ("4", "32"): [33.0], ("2", "64"): [31.0], ("4", "64"): ["waiting"]}
    found = drawn(BARS, trials(BARS_AXES, cells), BARS_AXES).findings
    averaged = "epochs from 2 to 4: +3.0 points, averaged over batch_size; in the paper from 100 to 1000: +4.8 points."
    assert averaged in found
    assert "1 of 4 cells has no value yet." in found


def test_the_order_of_common_cells_is_compared(publish: Callable[..., None]) -> None:
    publish(["augment"], [["a", 1.0], ["b", 2.0], ["c", 3.0], ["d", 9.0]])
    cells: Values = {("a",): [30.0], ("b",): [10.0], ("c",): [50.0]}
    found = drawn(BarsReport(x="augment", metric=METRIC), trials(["augment"], cells), ["augment"]).findings
    assert found[0] == "Best: c with 50.0; worst: b with 10.0."
    assert "Over 3 cells in common" in found[1]
    assert "of 0.50" in found[1]


def test_of_what_is_not_better_for_being_more_the_highest_is_told() -> None:
    table = trials(["augment"], {("a",): [3.0], ("b",): [1.0]}).rename(columns={METRIC: "pretrain/entropy"})
    found = drawn(BarsReport(x="augment", metric="pretrain/entropy"), table, ["augment"]).findings
    assert found[0] == "Highest: a with 3.0; lowest: b with 1.0."


def test_the_caption_says_how_the_setting_differs(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["100", "256", 57.5]], notes=["One run a bar"])
    settings = {"data.name": "shapes", "data.image_size": 32, "encoder.name": "resnet10", "epochs": 5, "loss.kind": "x"}
    told = drawn(BARS, BAR_TABLE, BARS_AXES, settings=settings).caption
    assert told.startswith("Dots are top-1 (%) by epochs and batch_size. Means over seeds, n = 1 to 2; error bars:")
    assert "Table 0, read from figure; ResNet-50, 100 epochs. One run a bar." in told
    assert "Here (quick scale): data shapes, 32 pixels a side, encoder resnet10." in told  # epochs are drawn
    assert "order, sign and shape" in told
    same = drawn(BARS, BAR_TABLE, BARS_AXES, settings={"data.name": "imagenet"}).caption
    assert "order, sign and shape" not in same
    single = BAR_TABLE[BAR_TABLE["seed"] == 0]
    assert "One seed a cell, so its spread is not known." in drawn(BARS, single, BARS_AXES).caption


def test_axes_that_are_not_drawn_are_said_to_be_averaged(publish: Callable[..., None]) -> None:
    axes = ["epochs", "optimizer.learning_rate"]
    cells: Values = {("100", "0.5"): [60.0], ("100", "1.0"): [62.0]}
    result = drawn(BarsReport(x="epochs", metric=METRIC), trials(axes, cells), axes)
    assert "Averaged over optimizer.learning_rate within each seed." in result.caption
    assert list(bars_of(result.figure.axes[0]).values()) == [61.0]


def test_sizes_come_from_the_table(publish: Callable[..., None]) -> None:
    publish(["encoder.width"], [["1", 69.3, 24.0]], metrics={METRIC: "m", "parameters": "p"})
    table = trials(["encoder.width"], {("1",): [60.0], ("2",): [61.0]}, parameters=[0.5, 1.5])
    data = beside(table, paper_numbers("table_0"), ["encoder.width"], [METRIC], sized=True)
    assert data[["source", "parameters"]].to_numpy().tolist() == [["here", 0.5], ["here", 1.5], ["paper", 24.0]]


def test_numbers_stand_where_they_are_and_names_have_no_line_between_them() -> None:
    """Else a table of unordered things looks like a trend, and 1, 2 and 100 like equal steps."""
    cells: Values = {(value,): [40.0, 41.0] for value in ("1", "2", "100")}
    ax = drawn(PointsReport(x="epochs", metric=METRIC), trials(["epochs"], cells), ["epochs"]).figure.axes[0]
    assert ax.get_xscale() == "log"
    assert list(x_of(ax.lines[0])) == [1, 2, 100]
    assert ax.lines[0].get_linestyle() == "-"
    names: Values = {(value,): [40.0, 41.0] for value in ("byol", "moco")}
    ax = drawn(PointsReport(x="method", metric=METRIC), trials(["method"], names), ["method"]).figure.axes[0]
    assert ax.get_xscale() == "linear"
    assert ax.lines[0].get_linestyle() == "None"


def test_lines_of_points_stand_beside_each_other_with_their_seeds() -> None:
    figure = drawn(POINTS, BAR_TABLE, BARS_AXES, reproduces=None).figure
    figure.draw_without_rendering()
    ax = figure.axes[0]
    first, second = (container.get_children()[0] for container in ax.containers)
    places = [line.get_transform().transform((100, 60))[0] for line in (first, second)]
    assert places[0] < places[1]
    assert [61.0 - 1, 61.0 + 1] in [y_of(line).tolist() for line in ax.lines]
    assert figure.subfigs[0].legends[0].get_title().get_text() == "batch_size"


def test_a_legend_shows_no_error_bars_where_there_are_none(publish: Callable[..., None]) -> None:
    figure = drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure
    assert [container for container in figure.axes[0].containers if len(container.get_children()) > 1] == []


def test_numbers_in_cells_can_be_read_on_every_colour() -> None:
    values = pd.DataFrame([[float(column + 10 * row) for column in range(10)] for row in range(10)])
    with house_style():
        _, ax = plt.subplots()
        draw_panel(ax, Panel("", values), "", "")
    grounds = np.asarray(ax.collections[0].get_facecolor())
    contrasts = [contrast(to_rgb(text.get_color()), grounds[n].tolist()) for n, text in enumerate(ax.texts)]
    assert len(contrasts) == 100
    assert min(contrasts) > 4.5
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)


def test_the_papers_markers_are_its_own(publish: Callable[..., None]) -> None:
    rows = [["SimCLR", "resnet50", "1", 69.3, 24.0], ["Supervised", "resnet50", "1", 76.5, 24.0]]
    metrics = {METRIC: "m", "parameters": "p"}
    publish(SIZE_AXES, rows, metrics=metrics, markers={"SimCLR": "*", "Supervised": "X"})
    for ax in drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure.axes:
        found = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
        markers = {name: handle.get_children()[0].get_marker() for name, handle in found.items()}
        assert {name: markers[name] for name in ("SimCLR", "Supervised")} == {"SimCLR": "*", "Supervised": "X"}
        assert len(ax.texts) == len({text.get_text() for text in ax.texts})  # one encoder is named once

"""Figures of every kind, read back from what was drawn: the numbers, their places, and what is missing."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from artists import segments_of, x_of, y_of
from invented import METRIC, Values, drawn, report, trials
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from reports.cells.summary import beside, published, summarise
from reports.figures.against import against_figure
from reports.figures.bar_charts.bars import bars_figure
from reports.figures.bar_charts.limits import bar_limits, panel_limits
from reports.figures.bar_charts.panel import look
from reports.figures.drawn import draw
from reports.figures.heatmaps.panel import Panel, contrast, draw_panel
from reports.figures.points import points_figure
from reports.figures.sizes import sizes_figure
from reports.figures.table import table_figure
from reports.pages.render import render
from reports.paper.numbers import paper_numbers
from reports.specs import AgainstReport, BarsReport, PointsReport, Report, SizesReport, TableReport
from reports.study_report import StudyReport
from reports.style import COLORS, MARKERS, house_style


def middle(bar: Rectangle) -> float:
    return round(bar.get_x() + bar.get_width() / 2, 3)


def filled(bar: Rectangle) -> bool:
    return to_rgba(bar.get_facecolor())[3] > 0


def dots_of(ax: Axes) -> list[Line2D]:
    """The dots that stand for bars; those of seeds and of the paper's marks are smaller."""
    return [
        line
        for line in ax.lines
        if line.get_markersize() > 3 and len(x_of(line)) == 1 and str(line.get_marker()) in MARKERS
    ]


def bars_of(ax: Axes) -> dict[float, float]:
    """The top of each filled bar, or the dot in its place, by the place of its middle."""
    patches = [patch for patch in ax.patches if isinstance(patch, Rectangle) and filled(patch)]
    tops = {middle(patch): patch.get_y() + patch.get_height() for patch in patches}
    return tops | {round(float(x_of(dot)[0]), 3): float(y_of(dot)[0]) for dot in dots_of(ax)}


def colors_of(ax: Axes) -> list[str]:
    return [to_hex(str(dot.get_color())) for dot in dots_of(ax)]


def gaps_of(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle) and not filled(patch)]


def lines_of(ax: Axes) -> list[tuple[str, list[tuple[float, float]]]]:
    """Each line's marker and known points."""
    pairs = [(str(line.get_marker()), zip(x_of(line), y_of(line), strict=True)) for line in ax.lines]
    return [(marker, [(float(x), float(y)) for x, y in data if not math.isnan(x + y)]) for marker, data in pairs]


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts]


BARS_AXES = ["epochs", "batch_size"]
BARS = BarsReport(x="epochs", series="batch_size", metric=METRIC, x_label="Epochs", series_label="Batch size")
BAR_CELLS: Values = {
    ("100", "256"): [60.0, 62.0],
    ("100", "512"): ["failed", "failed"],
    ("200", "256"): [64.0, "waiting"],
    ("200", "512"): ["waiting", "waiting"],
}
BAR_TABLE = trials(BARS_AXES, BAR_CELLS)


def test_a_seed_counts_once_all_its_trials_in_a_cell_have_finished() -> None:
    """Else cells of a half-finished study would be averages over different learning rates."""
    values: Values = {("100", "low"): [50.0, 60.0], ("100", "high"): [70.0, "failed"]}
    cell = summarise(trials(["epochs", "rate"], values), ["epochs"], METRIC).iloc[0]
    assert (cell["mean"], cell["seeds"], cell["state"]) == (60.0, 1, "done")
    lost = trials(["epochs", "rate"], {("100", "low"): [50.0], ("100", "high"): ["waiting"]})
    cell = summarise(lost, ["epochs"], METRIC).iloc[0]
    assert (math.isnan(cell["mean"]), cell["seeds"], cell["state"]) == (True, 0, "waiting")


def test_the_papers_numbers_are_averaged_over_axes_that_are_not_looked_at(publish: Callable[..., None]) -> None:
    publish(["epochs", "rate"], [["100", "low", 50.0], ["100", "high", 70.0], ["200", "low", None]])
    numbers = paper_numbers("table_0")
    assert published(numbers, ["epochs"], METRIC)[["epochs", "mean"]].to_numpy().tolist() == [["100", 60.0]]
    assert published(numbers, ["epochs", "width"], METRIC).empty
    assert published(numbers, ["epochs"], "top5").empty


def test_bars_are_where_and_as_high_as_the_cells_say(publish: Callable[..., None]) -> None:
    ax = drawn(BARS, BAR_TABLE, BARS_AXES).figure.axes[0]
    assert bars_of(ax) == {-0.215: pytest.approx(61.0), 0.785: pytest.approx(64.0)}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["100", "200"]
    segments = segments_of(ax)
    known = [segment[:, 1].tolist() for segment in segments]
    assert known == [pytest.approx([61 - math.sqrt(2), 61 + math.sqrt(2)])]  # of 64 with one seed there is none


def test_the_papers_error_bars_are_drawn_from_end_to_end(publish: Callable[..., None]) -> None:
    rows = [["100", "256", 83.86], ["100", "512", 84.74]]
    publish(BARS_AXES, rows, ends=[[81.01, 85.92], [82.29, 86.6]])
    result = drawn(BARS, BAR_TABLE, BARS_AXES)
    theirs = result.figure.axes[1]
    segments = [segment[:, 1].tolist() for segment in segments_of(theirs)]
    assert segments == [pytest.approx([81.01, 85.92]), pytest.approx([82.29, 86.6])]
    assert theirs.get_ylim()[0] < 81.01 < 86.6 <= theirs.get_ylim()[1]
    assert result.data["low"].dropna().tolist() == [81.01, 82.29]
    averaged = drawn(BARS.model_copy(update={"series": None}), BAR_TABLE, BARS_AXES)
    assert "low" not in averaged.data  # the ends of a mean are not the means of the ends


def test_bars_without_a_value_are_empty_places_and_never_bars_of_no_height(publish: Callable[..., None]) -> None:
    ax = drawn(BARS, BAR_TABLE, BARS_AXES).figure.axes[0]
    failed, missing = gaps_of(ax)
    assert [middle(failed), middle(missing)] == [0.215, 1.215]
    assert [failed.get_hatch(), missing.get_hatch()] == ["xxx", None]
    assert all(patch.get_height() == 1 and patch.get_transform() != ax.transData for patch in (failed, missing))
    assert all(top > ax.get_ylim()[0] for top in bars_of(ax).values())


def test_a_cell_that_the_grid_does_not_have_leaves_its_place_free(publish: Callable[..., None]) -> None:
    cells: Values = {("128", "linear"): [50.0], ("2048", "linear"): [51.0], ("2048", "none"): [40.0]}
    spec = BarsReport(x="head.output", series="head.kind", metric=METRIC)
    ax = drawn(spec, trials(["head.output", "head.kind"], cells), ["head.output", "head.kind"]).figure.axes[0]
    assert len(bars_of(ax)) == 3
    assert not gaps_of(ax)


def test_the_paper_has_a_panel_of_its_own_where_no_value_matches(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["1000", "4096", 69.3], ["1000", "8192", 68.95]])
    result = drawn(BARS, BAR_TABLE, BARS_AXES)
    here, paper = result.figure.axes
    assert not lines_of(here) or all(marker != "D" for marker, _ in lines_of(here))
    assert list(bars_of(paper).values()) == pytest.approx([69.3, 68.95])
    assert paper.get_ylabel() == "ImageNet top-1 (%)"
    parts = [part.get_suptitle() for part in result.figure.subfigs]
    assert parts == ["Here", "The paper, Table 0 (read from figure)"]
    assert colors_of(paper)[0] == colors_of(here)[0]  # the smallest, in both


def test_the_papers_number_is_marked_on_the_bar_of_the_same_cell(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["100", "256", 57.5], ["200", "256", 61.9], ["200", "512", 64.0]])
    result = drawn(BARS, BAR_TABLE, BARS_AXES)
    marks = [points for marker, points in lines_of(result.figure.axes[0]) if marker == "D"]
    (one,), (other,) = marks  # a cell without a bar has none
    assert one == pytest.approx((-0.215, 57.5))
    assert other == pytest.approx((0.785, 61.9))
    assert "Diamonds" in result.caption


def test_the_papers_number_is_not_marked_where_it_would_press_the_bars_flat(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["100", "256", 17.5], ["200", "256", 21.9]])
    result = drawn(BARS, BAR_TABLE, BARS_AXES)
    assert all(marker != "D" for marker, _ in lines_of(result.figure.axes[0]))
    assert result.figure.axes[0].get_ylim()[0] > 50
    assert "Diamonds" not in result.caption


def test_colours_of_equal_values_are_equal_here_and_in_the_paper(publish: Callable[..., None]) -> None:
    publish(BARS_AXES, [["100", "256", 57.5], ["100", "512", 60.7], ["100", "1024", 62.8]])
    only_512 = BAR_TABLE[(BAR_TABLE["batch_size"] == "512")].assign(state="done", top1=61.0)
    here, paper = drawn(BARS, only_512, BARS_AXES).figure.axes
    assert colors_of(here)[:1] == [COLORS[1]]
    assert colors_of(paper) == list(COLORS[:3])
    assert len({dot.get_marker() for dot in dots_of(paper)}) == 3  # and none is told by its colour alone


def test_bars_of_many_series_look_different() -> None:
    assert len({look(rank) for rank in range(2 * len(COLORS))}) == 2 * len(COLORS)


def test_a_panel_for_each_value_of_an_axis(publish: Callable[..., None]) -> None:
    axes = ["loss.temperature", *BARS_AXES]
    cells: Values = {("0.1", "100", "256"): [60.0], ("0.5", "100", "256"): [65.0]}
    spec = BARS.model_copy(update={"panels": "loss.temperature"})
    publish(axes, [["0.1", "100", "256", 80.0], ["0.5", "100", "256", 81.0], ["1.0", "100", "256", 82.0]])
    found = drawn(spec, trials(axes, cells), axes).figure.axes
    assert [(ax.get_title(loc="left"), list(bars_of(ax).values())) for ax in found] == [
        ("temperature 0.1", [60.0]), ("temperature 0.5", [65.0]),
        ("temperature 0.1", [80.0]), ("temperature 0.5", [81.0]), ("temperature 1.0", [82.0])
    ]  # fmt: skip


def test_panels_span_the_same_number_of_points(publish: Callable[..., None]) -> None:
    """Else two noisy points here outweigh fourteen of the paper's beside them."""
    publish(BARS_AXES, [["1000", "256", 50.0], ["1000", "512", 65.0]])
    result = drawn(BARS, BAR_TABLE, BARS_AXES)
    spans = [high - low for low, high in (ax.get_ylim() for ax in result.figure.axes)]
    assert spans[0] == pytest.approx(spans[1])
    assert spans[0] > 15
    here = result.figure.axes[0]
    assert here.get_ylim()[0] < 60
    assert here.get_ylim()[1] > 65
    assert "same number of points" in result.caption


def test_bars_begin_at_0_and_are_dots_where_they_would_not(publish: Callable[..., None]) -> None:
    assert not list(filter(filled, rectangles(drawn(BARS, BAR_TABLE, BARS_AXES).figure.axes[0])))
    low: Values = {("100", "256"): [10.0, 11.0], ("200", "256"): [60.0, 61.0]}
    result = drawn(BARS, trials(BARS_AXES, low), BARS_AXES, reproduces=None)
    assert result.caption.startswith("Bars are")
    assert [patch.get_y() for patch in rectangles(result.figure.axes[0])] == [0, 0]


def test_limits_hold_all_values_whatever_the_span() -> None:
    for means in ((50.0, 51.0), (1.0, 2.0), (98.0, 99.5), (40.0, 44.9)):
        (low, high), (other_low, other_high) = panel_limits([frame(*means), frame(30.0, 59.0)])
        assert high - low == pytest.approx(other_high - other_low)
        assert 0 <= low <= means[0] < means[1] <= high


def frame(*means: float, spread: float = math.nan) -> pd.DataFrame:
    return pd.DataFrame({"mean": means, "spread": spread})


def test_bars_begin_below_the_lowest_or_at_0() -> None:
    low, high = bar_limits(frame(57.5, 69.4))
    assert 50 <= low < 55
    assert 69.4 < high <= 75
    assert bar_limits(frame(20.0, 60.0))[0] == 0
    assert bar_limits(frame(math.nan)) == (0, 1)
    assert bar_limits(frame(64.0))[0] > 0
    low, high = bar_limits(frame(60.0, 61.0, spread=3.0))
    assert low <= 57
    assert high >= 64


def test_a_bar_far_below_all_others_is_a_number_and_not_the_end_of_the_axis(publish: Callable[..., None]) -> None:
    """Figure B.2 has a run that diverged, at 0.19; it cannot be seen there."""
    cells: Values = {(str(epochs), "256"): [60.0 + epochs / 100] for epochs in range(100, 900, 100)}
    result = drawn(BARS, trials(BARS_AXES, cells | {("50", "256"): [0.19]}), BARS_AXES)
    ax = result.figure.axes[0]
    assert ax.get_ylim()[0] > 50
    assert [text.get_text().strip() for text in ax.texts] == ["0.2 ↓"]
    assert len(bars_of(ax)) == 8
    assert "arrow" in result.caption
    worse = drawn(BARS, trials(BARS_AXES, cells | {("50", "256"): [30.0]}), BARS_AXES).figure.axes[0]
    assert worse.get_ylim()[0] == 0  # is bad, but did train: it is to be seen


SIZE_AXES = ["points", "encoder.name", "encoder.width"]
SIZES = SizesReport(series="points", metric=METRIC)
SIZE_CELLS: Values = {
    ("SimCLR", "resnet18", "1"): [50.0],
    ("SimCLR", "resnet50", "1"): ["waiting"],
    ("SimCLR", "resnet50", "2"): [70.0],
    ("Supervised", "resnet50", "1"): [76.0],
    ("Supervised", "resnet50", "2"): [78.0],
}
SIZE_TABLE = trials(SIZE_AXES, SIZE_CELLS, parameters=[11.0, 24.0, 94.0, 24.0, 94.0])


def test_sizes_are_points_over_parameters_and_joined_where_one_thing_differs(publish: Callable[..., None]) -> None:
    ax = drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure.axes[0]
    simclr = next(line for line in ax.lines if list(x_of(line)) == [11.0, 24.0, 94.0])
    supervised = next(line for line in ax.lines if list(x_of(line)) == [24.0, 94.0])
    assert [y for y in y_of(simclr) if not math.isnan(y)] == [50.0, 70.0]
    assert list(y_of(supervised)) == [76.0, 78.0]
    assert (simclr.get_linestyle(), supervised.get_linestyle()) == ("None", ":")
    assert simclr.get_marker() != supervised.get_marker()


def test_an_encoder_without_a_value_is_a_mark_at_its_size(publish: Callable[..., None]) -> None:
    ax = drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure.axes[0]
    assert [points for marker, points in lines_of(ax) if marker == "|" and points] == [[(24.0, 0.02)]]
    failed = drawn(SIZES, SIZE_TABLE.replace("waiting", "failed"), SIZE_AXES).figure.axes[0]
    assert [points for marker, points in lines_of(failed) if marker == "x" and points] == [[(24.0, 0.02)]]


def test_names_of_points_do_not_cover_each_other(publish: Callable[..., None]) -> None:
    figure = drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == ["R18", "R50 (2x)", "R50"]
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for number, a in enumerate(boxes) for b in boxes[:number])


def test_other_methods_are_in_the_papers_panel_alone(publish: Callable[..., None]) -> None:
    metrics = {METRIC: "ImageNet top-1 (%)", "parameters": "millions"}
    rows = [["SimCLR", "resnet50", "1", 69.3, 24.0]]
    publish(SIZE_AXES, rows, metrics=metrics, others=[{"label": "MoCo", "parameters": 375, METRIC: 68.6}])
    here, paper = drawn(SIZES, SIZE_TABLE, SIZE_AXES).figure.axes
    assert [text.get_text() for text in paper.texts] == ["R50", "MoCo"]
    assert "MoCo" not in [text.get_text() for text in here.texts]
    assert sorted((marker, points) for marker, points in lines_of(paper) if points and marker in "o.") == [
        (".", [(375.0, 68.6)]),
        ("o", [(24.0, 69.3)]),
    ]


AGAINST_AXES = ["epochs", "evaluate"]
AGAINST = AgainstReport(axis="evaluate", x="linear", y=["1%", "10%"], joined=True, metric=METRIC)
AGAINST_CELLS: Values = {
    ("50", "linear"): [61.0], ("50", "1%"): [35.0], ("50", "10%"): [58.0],
    ("100", "linear"): [64.0], ("100", "1%"): [39.0], ("100", "10%"): ["failed"],
    ("200", "linear"): [66.0], ("200", "1%"): [42.0], ("200", "10%"): [63.0],
}  # fmt: skip
AGAINST_TABLE = trials(AGAINST_AXES, AGAINST_CELLS)


def test_one_value_of_an_axis_against_others(publish: Callable[..., None]) -> None:
    publish(AGAINST_AXES, [["50", "linear", 61.5], ["50", "1%", 35.6], ["50", "10%", 58.6]])
    result = drawn(AGAINST, AGAINST_TABLE, AGAINST_AXES)
    one, ten, *papers = result.figure.axes
    joined = [points for _, points in lines_of(one) if len(points) > 1]
    assert joined == [[(61.0, 35.0), (64.0, 39.0), (66.0, 42.0)]]
    assert [points for _, points in lines_of(ten) if len(points) > 1] == [[(61.0, 58.0), (66.0, 63.0)]]
    assert [points for _, points in lines_of(ten) if points == [(64.0, 0.02)]]  # failed, so its height is not known
    assert "1 failed" in [text.get_text() for text in ten.texts]
    assert [(61.5, 35.6)] in [points for _, points in lines_of(papers[0])]
    assert [(61.5, 58.6)] in [points for _, points in lines_of(papers[1])]
    assert "Rank correlation of 1% with linear: 1.00 here over 3 points." in result.findings


def test_both_spreads_are_drawn() -> None:
    cells: Values = {("50", "linear"): [61.0, 63.0], ("50", "1%"): [30.0, 38.0], ("50", "10%"): [58.0, 58.0]}
    ax = drawn(AGAINST, trials(AGAINST_AXES, cells), AGAINST_AXES).figure.axes[0]
    across, along = segments_of(ax)
    assert across[:, 0].tolist() == pytest.approx([62 - math.sqrt(2), 62 + math.sqrt(2)])
    assert along[:, 1].tolist() == pytest.approx([34 - math.sqrt(32), 34 + math.sqrt(32)])


def test_colours_and_markers_tell_two_axes_apart(publish: Callable[..., None]) -> None:
    axes = ["encoder.name", "encoder.width", "evaluate"]
    cells: Values = {
        (name, width, way): [50.0 + len(name) + float(width) + len(way)]
        for name in ("resnet18", "resnet152") for width in ("1", "2") for way in ("linear", "1%")
    }  # fmt: skip
    spec = AGAINST.model_copy(update={"y": ["1%"], "color": "encoder.width", "marker": "encoder.name", "joined": False})
    figure = drawn(spec, trials(axes, cells), axes).figure
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines if str(line.get_marker()) in "o*"}
    assert looks == {(color, marker) for color in COLORS[:2] for marker in "o*"}
    legend = figure.subfigs[0].legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["width 1", "width 2", "R18", "R152"]


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
    assert "1 of 4 cells have no value yet (0 failed)." in found


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

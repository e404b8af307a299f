"""Figures of every kind, read back from what was drawn: the numbers, their places, and what is missing."""

import math
from collections.abc import Callable

import pandas as pd
import pytest
from artists import segments_of, x_of, y_of
from invented import METRIC, Values, drawn, trials
from invented_figures import (
    AGAINST,
    AGAINST_AXES,
    AGAINST_CELLS,
    AGAINST_TABLE,
    BAR_TABLE,
    BARS,
    BARS_AXES,
    SIZE_AXES,
    SIZE_TABLE,
    SIZES,
    bars_of,
    dots_of,
    filled,
    middle,
)
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from reports.cells.summary import published, summarise
from reports.figures.bar_charts.limits import bar_limits, panel_limits
from reports.paper.numbers import paper_numbers
from reports.specs import BarsReport, PointsReport, Report
from reports.style import COLORS, look

POINTS = PointsReport(x="epochs", metric=METRIC)


def colors_of(ax: Axes) -> list[str]:
    return [to_hex(str(dot.get_color())) for dot in dots_of(ax)]


def gaps_of(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle) and not filled(patch)]


def lines_of(ax: Axes) -> list[tuple[str, list[tuple[float, float]]]]:
    """Each line's marker and known points."""
    pairs = [(str(line.get_marker()), zip(x_of(line), y_of(line), strict=True)) for line in ax.lines]
    return [(marker, [(float(x), float(y)) for x, y in data if not math.isnan(x + y)]) for marker, data in pairs]


def rectangles(ax: Axes) -> list[Rectangle]:
    assert all(isinstance(patch, Rectangle) for patch in ax.patches)
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


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


@pytest.mark.parametrize(
    ("spec", "table", "axes", "rows"),
    [
        (POINTS, BAR_TABLE, BARS_AXES, [["100", "256", 50.0], ["200", "256", 97.0]]),
        (
            SIZES,
            SIZE_TABLE,
            SIZE_AXES,
            [["SimCLR", "resnet50", str(width), 20.0 * width, width] for width in (1, 2, 4)],
        ),
        (
            AGAINST,
            AGAINST_TABLE,
            AGAINST_AXES,
            [[*cell, 20.0 + 9 * number] for number, cell in enumerate(AGAINST_CELLS)],
        ),
    ],
    ids=["points", "sizes", "against"],
)
def test_panels_of_lines_are_equally_high_and_span_the_same_number_of_points(
    spec: Report, table: pd.DataFrame, axes: list[str], rows: list[list[object]], publish: Callable[..., None]
) -> None:
    publish(axes, rows, metrics={METRIC: "top-1 (%)"} | ({"parameters": "millions"} if spec == SIZES else {}))
    result = drawn(spec, table, axes)
    panels = result.figure.axes
    result.figure.draw_without_rendering()
    ends = [ax.get_ylim() for ax in panels]
    assert [high - low for low, high in ends] == pytest.approx([ends[0][1] - ends[0][0]] * len(ends))
    assert [ax.bbox.height for ax in panels] == pytest.approx([panels[0].bbox.height] * len(panels), rel=0.05)
    assert all(low <= ax.dataLim.y0 <= ax.dataLim.y1 <= high for ax, (low, high) in zip(panels, ends, strict=True))
    assert all(low >= 0 and high <= 100.5 for low, high in ends)
    assert "same number of points" in result.caption


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

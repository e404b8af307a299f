"""A metric over the cost of its trials, and the cells that are worth their cost."""

import math

import pandas as pd
import pytest
from artists import x_of, y_of
from invented import METRIC, Values, drawn, trials
from matplotlib.text import Annotation

from reports.specs import CostReport

SPEC = CostReport(metric=METRIC)
CELLS: Values = {
    ("1",): [40.0, 41.0, 42.0],
    ("2",): [39.0, 39.5, 40.0],
    ("3",): [45.0, 46.0, 47.0],
    ("4",): ["failed", "failed", "failed"],
}
TABLE = trials(["encoder.width"], CELLS, seconds=[10.0, 20.0, 30.0, 5.0])


def test_cells_stand_at_their_cost_and_the_front_joins_those_that_no_cheaper_one_beats() -> None:
    result = drawn(SPEC, TABLE, ["encoder.width"], reproduces=None)
    ax = result.figure.axes[0]
    step = next(line for line in ax.lines if line.get_drawstyle() == "steps-post")
    assert (x_of(step).tolist(), y_of(step).tolist()) == ([10, 30], [41, 46])
    beaten = next(line for line in ax.lines if line.get_marker() == "o" and x_of(line).tolist() == [20])
    assert y_of(beaten).tolist() == [39.5]
    assert len(ax.texts) == 3
    assert "1 failed." in result.caption
    assert ax.get_xlabel() == "Seconds of a trial"


def test_lines_join_the_cells_of_each_value_in_the_order_of_their_cost() -> None:
    axes, spec = ["points", "epochs"], CostReport(cost="passes", series="points", metric=METRIC)
    cells: Values = {
        ("A", "20"): [50.0, 52.0],
        ("A", "5"): [40.0, 42.0],
        ("B", "20"): [60.0, 60.0],
        ("B", "5"): [30.0, 30.0],
        ("B", "50"): ["failed", "failed"],
    }
    table = trials(axes, cells, passes=[120.0, 30.0, 160.0, 40.0, 400.0])
    baseline = trials(axes, {("", ""): [20.0, 22.0]}, passes=[0.0]).assign(baseline="pixels")
    result = drawn(spec, pd.concat([table, baseline], ignore_index=True), axes, reproduces=None)
    ax = result.figure.axes[0]
    lines = {str(line.get_marker()): line for line in ax.lines if line.get_linestyle() == "-" and len(x_of(line)) > 1}
    assert [(x_of(line).tolist(), y_of(line).tolist()) for line in lines.values()] == [
        ([30, 120], [41, 51]),
        ([40, 160], [30, 60]),
    ]
    assert len({line.get_color() for line in lines.values()}) == 2
    assert not [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert ax.get_xscale() == "log"
    assert {(text.get_text(), *text.xy) for text in ax.texts if isinstance(text, Annotation)} == {
        ("A", 120, 51),
        ("B", 160, 60),
    }
    legend = result.figure.subfigs[0].legends[0]
    assert [text.get_text() for text in legend.get_texts() if text.get_text().strip()] == ["A", "B", "pixels (21.0)"]
    assert "1 failed" in result.caption
    assert result.texts.columns.tolist() == ["A", "B"]


def test_an_axis_of_costs_that_are_alike_is_linear() -> None:
    assert drawn(SPEC, TABLE, ["encoder.width"], reproduces=None).figure.axes[0].get_xscale() == "linear"


def test_results_without_passes_are_drawn_without_points_and_the_caption_says_why() -> None:
    result = drawn(CostReport(cost="passes", metric=METRIC), TABLE, ["encoder.width"], reproduces=None)
    result.figure.draw_without_rendering()
    assert "3 without a point: results of an earlier version do not tell passes." in result.caption


@pytest.mark.parametrize("series", [None, "encoder.width"])
@pytest.mark.parametrize("table", [TABLE.drop(columns="seconds"), TABLE.assign(state="waiting", top1=math.nan)])
def test_without_costs_or_results_it_is_drawn_empty(table: object, series: str | None) -> None:
    result = drawn(SPEC.model_copy(update={"series": series}), table, ["encoder.width"], reproduces=None)  # type: ignore[arg-type]
    result.figure.draw_without_rendering()
    assert not result.figure.axes[0].texts

"""A metric over the cost of its trials, and the cells that are worth their cost."""

import math

import pytest
from artists import x_of, y_of
from invented import METRIC, Values, drawn, trials

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
    assert "1 failed" in result.caption
    assert ax.get_xlabel() == "Seconds of a trial"


@pytest.mark.parametrize("table", [TABLE.drop(columns="seconds"), TABLE.assign(state="waiting", top1=math.nan)])
def test_without_costs_or_results_it_is_drawn_empty(table: object) -> None:
    result = drawn(SPEC, table, ["encoder.width"], reproduces=None)  # type: ignore[arg-type]
    result.figure.draw_without_rendering()
    assert not result.figure.axes[0].texts

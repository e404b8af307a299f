"""Verdicts: by hand, never from one seed, never from cells that are not there."""

import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from reports.claims import Claim, judge

AXES = ["x"]
METRIC = "top1"


def results(**cells: list[float | None]) -> pd.DataFrame:
    rows = [
        {"x": cell, "seed": seed, "baseline": "", "state": "finished" if value is not None else "failed", METRIC: value}
        for cell, values in cells.items()
        for seed, value in enumerate(values)
    ]
    rows.append({"x": None, "seed": 0, "baseline": "random", "state": "finished", METRIC: 99.0})
    return pd.DataFrame(rows)


def claim(cells: str = "", than: str = "", margin: float = 0.0) -> Claim:
    return Claim("it is so", "section 1", tuple((c,) for c in cells), tuple((c,) for c in than), margin)


def word(which: Claim, **cells: list[float | None]) -> str:
    return judge(which, results(**cells), AXES, METRIC).word


def test_the_effect_is_between_the_best_on_either_side_within_a_seed() -> None:
    table = results(a=[10.0, 20.0, 33.0], b=[12.0, 16.0, 20.0], c=[5.0, 15.0, 30.0])
    verdict = judge(claim("ab", "c"), table, AXES, METRIC)
    effects = [12.0 - 5.0, 20.0 - 15.0, 33.0 - 30.0]
    low, high = ttest_1samp(effects, 0).confidence_interval(0.95)
    assert verdict.reason == f"+5.0 points, 95 % interval {low:+.1f} to {high:+.1f}, over 3 seeds"
    assert verdict.word == "SUPPORTED"


@pytest.mark.parametrize(
    ("a", "expected"),
    [([20.0, 21.0, 22.0], "SUPPORTED"), ([1.0, 2.0, 3.0], "REFUTED"), ([5.0, 12.0, 14.0], "UNDECIDED")],
)
def test_an_interval_on_one_side_decides(a: list[float | None], expected: str) -> None:
    assert word(claim("a"), a=a, b=[10.0, 11.0, 12.1], c=[9.0, 9.0, 9.0]) == expected


def test_the_margin_is_what_is_asked() -> None:
    cells: dict[str, list[float | None]] = {"a": [20.0, 21.0, 22.0], "b": [10.0, 11.5, 12.0]}
    assert word(claim("a", margin=5), **cells) == "SUPPORTED"
    assert word(claim("a", margin=15), **cells) == "REFUTED"


def test_sides_that_are_left_out_are_all_other_cells() -> None:
    cells: dict[str, list[float | None]] = {"a": [1.0, 1.0], "b": [5.0, 5.5], "c": [9.0, 9.0]}
    assert word(claim("c"), **cells) == "SUPPORTED"
    assert word(claim(than="ab"), **cells) == "SUPPORTED"
    assert word(claim("b"), **cells) == "REFUTED"


def test_one_seed_decides_nothing() -> None:
    verdict = judge(claim("a"), results(a=[90.0], b=[1.0]), AXES, METRIC)
    assert (verdict.word, "--seeds 3" in verdict.reason) == ("UNDECIDED", True)


def test_a_seed_counts_once_it_is_complete() -> None:
    assert word(claim("a"), a=[20.0, 21.0], b=[10.0, None]) == "UNDECIDED"
    assert word(claim("a"), a=[20.0, 21.0, 22.0], b=[10.0, 11.0, None]) == "SUPPORTED"


def test_what_the_grid_does_not_have_is_said() -> None:
    assert "no cell z" in judge(claim("z"), results(a=[1.0]), AXES, METRIC).reason
    assert "no cells to compare" in judge(claim("a"), results(a=[1.0, 2.0]), AXES, METRIC).reason
    unfinished = results(a=[None], b=[None]).drop(columns=METRIC)
    unfinished = unfinished[unfinished["baseline"] == ""]
    assert "no seed" in judge(claim("a"), unfinished, AXES, METRIC).reason

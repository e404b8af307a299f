"""Verdicts: by hand, never from one seed, never from cells that are not there, corrected for being many."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr, ttest_1samp
from scipy.stats import t as student

from reports.cells.metric_names import unit_of
from reports.cells.names import signed
from reports.paper.numbers import paper_numbers
from reports.statistics.effects import Agreement, Better, Effect, Interaction, Ordering, Similar, Trend
from reports.statistics.verdicts import Claim, Verdict, holm, judge

AXES = ["x"]
METRIC = "top1"


def results(**cells: list[float | None]) -> pd.DataFrame:
    rows = [
        {"x": cell, "seed": seed, "baseline": "", "state": "finished" if value is not None else "failed", METRIC: value}
        for cell, values in cells.items()
        for seed, value in enumerate(values)
    ]
    rows.append({"x": "", "seed": 0, "baseline": "random", "state": "finished", METRIC: 99.0})
    return pd.DataFrame(rows)


def grid(values: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"x": x, "y": y, "seed": seed, "baseline": "", "state": "finished", METRIC: value}
            for (x, y), seeds in values.items()
            for seed, value in enumerate(seeds)
        ]
    )


def better(cells: str = "", than: str = "", margin: float = 0.0) -> Claim:
    return Claim("it is so", "section 1", Better(tuple({"x": c} for c in cells), tuple({"x": c} for c in than)), margin)


def verdict(claim: Claim, **cells: list[float | None]) -> Verdict:
    return judge([claim], results(**cells), AXES, METRIC)[0]


def effects(effect: Effect, table: pd.DataFrame, axes: list[str]) -> list[float]:
    """Of each seed alone."""
    claim = Claim("", "", effect, margin=-1e9)
    found = []
    for seed in sorted(set(table["seed"])):
        alone = table[table["seed"] == seed]
        found.append(float(judge([claim], alone, axes, METRIC)[0].reason.split()[0]))
    return found


def test_the_effect_is_between_the_best_on_either_side_within_a_seed() -> None:
    found = verdict(better("ab", "c"), a=[10.0, 20.0, 33.0], b=[12.0, 16.0, 20.0], c=[5.0, 15.0, 30.0])
    test = ttest_1samp([12.0 - 5.0, 20.0 - 15.0, 33.0 - 30.0], 0)
    low, high = test.confidence_interval(0.95)
    expected = f"+5.0 points, 95 % interval {signed(low)} to {signed(high)}, over 3 seeds; p {test.pvalue:.3f}"
    assert (found.reason, found.word) == (expected, "SUPPORTED")


@pytest.mark.parametrize(
    ("a", "expected"),
    [([20.0, 21.0, 22.0], "SUPPORTED"), ([1.0, 2.0, 3.0], "REFUTED"), ([5.0, 12.0, 14.0], "UNDECIDED")],
)
def test_a_difference_beyond_chance_decides(a: list[float | None], expected: str) -> None:
    assert verdict(better("a"), a=a, b=[10.0, 11.0, 12.1], c=[9.0, 9.0, 9.0]).word == expected


def test_the_margin_is_what_is_asked() -> None:
    cells: dict[str, list[float | None]] = {"a": [20.0, 21.0, 22.0], "b": [10.0, 11.5, 12.0]}
    assert verdict(better("a", margin=5), **cells).word == "SUPPORTED"
    assert verdict(better("a", margin=15), **cells).word == "REFUTED"


def test_sides_that_are_left_out_are_all_other_cells() -> None:
    cells: dict[str, list[float | None]] = {"a": [1.0, 1.0], "b": [5.0, 5.5], "c": [9.0, 9.1]}
    assert verdict(better("c"), **cells).word == "SUPPORTED"
    assert verdict(better(than="ab"), **cells).word == "SUPPORTED"
    assert verdict(better("b"), **cells).word == "REFUTED"


def test_one_seed_decides_nothing() -> None:
    found = verdict(better("a"), a=[90.0], b=[1.0])
    assert (found.word, "--seeds 3" in found.reason) == ("UNDECIDED", True)


def test_a_seed_counts_once_it_is_complete() -> None:
    assert verdict(better("a"), a=[20.0, 21.0], b=[10.0, None]).word == "UNDECIDED"
    assert verdict(better("a"), a=[20.0, 21.0, 22.0], b=[10.0, 11.1, None]).word == "SUPPORTED"


def test_what_the_grid_does_not_have_is_said() -> None:
    assert "no cell z" in verdict(better("z"), a=[1.0]).reason
    assert "no cells to compare" in verdict(better("a"), a=[1.0, 2.0]).reason
    unfinished = results(a=[None], b=[None]).drop(columns=METRIC)
    assert "no seed" in judge([better("a")], unfinished, AXES, METRIC)[0].reason
    for effect in (Ordering("x", ("a", "z")), Interaction("x", "a", "b", "y", "1", "2"), Trend("z", "rising")):
        assert judge([Claim("", "", effect)], results(a=[1.0, 2.0], b=[1.0, 3.0]), AXES, METRIC)[0].word == "UNDECIDED"


def test_an_ordering_is_as_strong_as_its_smallest_step() -> None:
    table = grid({("a", "1"): [9.0], ("a", "2"): [7.0], ("b", "1"): [6.0], ("b", "2"): [6.0], ("c", "1"): [1.0]})
    assert effects(Ordering("x", ("a", "b", "c")), table, ["x", "y"]) == [3.0]  # there is no (c, 2), so of y 1 alone
    assert effects(Ordering("x", ("a", "b")), table, ["x", "y"]) == [2.0]
    assert effects(Ordering("x", ("c", "b")), table, ["x", "y"]) == [-5.0]
    assert effects(Ordering("x", ("a", "b"), {"y": "1"}), table, ["x", "y"]) == [3.0]


def test_a_trend_is_the_rise_of_a_straight_line() -> None:
    table = grid({(x, "1"): [value] for x, value in zip("abcd", (1.0, 2.0, 4.0, 5.0), strict=True)})
    rise = 3 * np.polyfit([0, 1, 2, 3], [1.0, 2.0, 4.0, 5.0], 1)[0]
    assert effects(Trend("x", "rising"), table, ["x", "y"]) == [pytest.approx(rise, abs=0.05)]
    assert effects(Trend("x", "falling"), table, ["x", "y"]) == [pytest.approx(-rise, abs=0.05)]


def test_an_interaction_is_a_difference_of_gains() -> None:
    """Larger batches matter less with longer training."""
    table = grid({("256", "100"): [50.0], ("4096", "100"): [60.0], ("256", "800"): [66.0], ("4096", "800"): [69.0]})
    assert effects(Interaction("x", "256", "4096", "y", "100", "800"), table, ["x", "y"]) == [7.0]


def test_like_is_compared_with_like() -> None:
    """Depth 101 has no width of 4, and depth 101 at width 1 would spoil the gain from 1 to 4."""
    sizes = {("18", "1"): [50.0], ("18", "2"): [59.0], ("18", "4"): [65.0], ("101", "1"): [66.0], ("101", "2"): [71.0]}
    assert effects(Trend("y", "rising"), grid(sizes), ["x", "y"]) == [15.0]
    apart = judge(
        [Claim("", "", Trend("y", "rising"))], grid({("a", "1"): [1.0], ("b", "2"): [2.0]}), ["x", "y"], METRIC
    )
    assert "no cells that differ in y alone" in apart[0].reason
    assert effects(Interaction("y", "1", "2", "x", "18", "101"), grid(sizes), ["x", "y"]) == [4.0]


def test_agreement_is_spearmans_with_the_papers_numbers() -> None:
    names = ["crop", "color", "blur"]
    values = {(row, column): [float(3 * i + j)] for i, row in enumerate(names) for j, column in enumerate(names)}
    paper = paper_numbers("figure_5")
    assert paper
    published = {(row, column): value for row, column, value in paper.table.itertuples(index=False)}
    expected = spearmanr([v[0] for v in values.values()], [published[cell] for cell in values]).statistic
    table = grid(values).rename(columns=dict(zip("xy", paper.axes, strict=True)))
    agreement = Agreement("figure_5", "top1")
    assert effects(agreement, table, paper.axes) == [pytest.approx(expected, abs=0.01)]


def slow_equivalence(cells: dict[str, list[float]], margin: float) -> tuple[str, float]:
    """A pair at a time, by scipy's one-sided tests: word and two-sided p."""
    inside, outside = [], []
    for a, b in itertools.combinations(cells.values(), 2):
        differences = [x - y for x, y in zip(a, b, strict=True)]
        above, below = (
            ttest_1samp(differences, limit, alternative=side).pvalue
            for limit, side in ((-margin, "greater"), (margin, "less"))
        )
        inside.append(max(above, below))
        outside.append(1 - max(above, below))
    p = 2 * min(max(inside), len(outside) * min(outside))
    word = "SUPPORTED" if max(inside) < min(outside) * len(outside) else "REFUTED"
    return word if p < 0.05 else "UNDECIDED", min(1.0, p)


@pytest.mark.parametrize("margin", [0.5, 1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("seeds", [2, 4, 9])
@pytest.mark.parametrize("apart", [0.0, 3.0])
def test_likeness_is_the_slow_equivalence_test_of_every_pair(seeds: int, apart: float, margin: float) -> None:
    random = np.random.default_rng(seeds)
    of_seed = random.normal(50, 5, seeds)  # what all cells of a seed have in common cancels
    cells = {x: list(of_seed + random.normal(apart * number, 0.7, seeds)) for number, x in enumerate("abc")}
    word, p = slow_equivalence(cells, margin)
    found = verdict(Claim("alike", "", Similar("x"), margin), **cells)
    assert (found.word, found.p) == (word, pytest.approx(p, rel=1e-6))


def test_all_three_words_are_said_of_likeness_with_the_pair_that_decides() -> None:
    cells: dict[str, list[float | None]] = {"a": [10.0, 20.0, 30.0], "b": [10.1, 20.3, 30.2], "c": [13.0, 22.8, 33.1]}
    asked = ((("a", "b"), 1), ((), 1), (("a", "c"), 3))
    claims = [Claim("", "", Similar("x", values), margin) for values, margin in asked]
    alike, unlike, open_ = judge(claims, results(**cells), AXES, METRIC)
    assert [one.word for one in (alike, unlike, open_)] == ["SUPPORTED", "REFUTED", "UNDECIDED"]
    told = "+0.2 points between b and a, 95 % interval -0.048 to +0.45, over 3 seeds, less than 1 asked; p 0.016"
    assert alike.reason.startswith(told)
    assert unlike.reason.startswith("+3.0 points between c and a")
    assert len(unlike.cells) == 3
    assert open_.takes.startswith("about")
    assert open_.interval is not None
    assert open_.interval[0] < 3 < open_.interval[1]


def test_likeness_averages_other_axes_and_is_never_of_one_seed_or_one_value() -> None:
    table = grid({("a", "1"): [9.0], ("a", "2"): [1.0], ("b", "1"): [6.0], ("b", "2"): [3.0], ("c", "1"): [40.0]})
    claim = Claim("", "", Similar("x"), 1.0)
    one = judge([claim], table, ["x", "y"], METRIC)[0]  # there is no (c, 2), so of y 1 alone
    assert (one.word, one.reason) == (
        "UNDECIDED",
        "+34.0 points between c and b in one seed; a verdict takes more seeds: --seeds 3",
    )
    two = judge([replace(claim, effect=Similar("x", ("a", "b")))], table, ["x", "y"], METRIC)[0]
    assert two.mean == pytest.approx(0.5)
    assert "not two values" in judge([replace(claim, effect=Similar("x", ("a",)))], table, ["x", "y"], METRIC)[0].reason


def test_what_it_takes_to_decide_likeness_is_said() -> None:
    """Mean 1, deviation 3 of a difference that may be 3: by the test at 5 %, n seeds."""
    found = verdict(Claim("", "", Similar("x"), 3.0), a=[-2.0, 1.0, 4.0], b=[0.0, 0.0, 0.0])
    first = next(n for n in range(4, 99) if 2 * student.sf((3 - 1) / 3 * np.sqrt(n), n - 1) < 0.05)
    assert f"about {first} seeds would decide it" in found.reason
    same = verdict(Claim("", "", Similar("x"), 3.0), a=[1.0, 2.0], b=[1.0, 2.0])
    assert (same.word, same.p) == ("SUPPORTED", 0.0)


def test_holms_correction_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.2]) == pytest.approx([0.04, 0.09, 0.09, 0.2])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_one_claim_among_many_needs_more() -> None:
    table = results(a=[10.8, 13.5, 12.6], b=[8.0, 8.9, 8.0], c=[7.9, 8.0, 9.5])
    alone = judge([better("a", "b")], table, AXES, METRIC)[0]
    among = judge([better("a", "b"), better("b", "c"), better("c", "b")], table, AXES, METRIC)[0]
    assert (alone.word, among.word) == ("SUPPORTED", "UNDECIDED")
    assert "(Holm, 3 claims)" in among.reason


def test_what_it_takes_to_decide_is_said() -> None:
    """Mean 2, deviation 3: by Student's test at 5 %, 12 seeds."""
    found = verdict(better("a"), a=[-1.0, 2.0, 5.0], b=[0.0, 0.0, 0.0])
    assert "about 12 seeds would decide it" in found.reason
    p = {n: 2 * student.sf(2 / 3 * np.sqrt(n), n - 1) for n in (11, 12)}
    assert p[12] < 0.05 < p[11]
    assert "would not decide it" in verdict(better("a"), a=[-1.0, 1.0], b=[0.0, 0.0]).reason


def test_of_many_seeds_the_interval_is_the_bootstraps() -> None:
    """Which, unlike Student's, is not symmetric about the mean of skewed effects."""
    skewed: list[float | None] = [float(value) for value in (1, 1, 1, 1, 1, 1, 1, 1, 1, 30)]
    reason = verdict(better("a"), a=skewed, b=[0.0] * 10).reason
    low, high = (float(word) for word in reason.split("interval ")[1].split(",")[0].split(" to "))
    assert high - 3.9 > 2 * (3.9 - low)


def test_the_cells_that_a_claim_is_about_are_named() -> None:
    assert verdict(better("a", "b"), a=[1.0], b=[2.0], c=[3.0]).cells == [{"x": "a"}, {"x": "b"}]


def test_a_small_effect_is_told_with_the_digits_that_it_has() -> None:
    shown = {12.34: "+12.3", -1.0: "-1.0", 0.0041: "+0.0041", -0.04: "-0.04", 0.5: "+0.5"}
    assert {value: signed(value) for value in shown} == shown


def test_an_effect_has_the_unit_of_its_metric() -> None:
    table = results(a=[3.0, 3.1], b=[1.0, 1.0]).rename(columns={METRIC: "pretrain/entropy"})
    claim = Claim("", "", Better(cells=({"x": "a"},), than=({"x": "b"},)), metric="pretrain/entropy")
    assert " nats, 95 % interval" in judge([claim], table, AXES, METRIC)[0].reason
    own = [replace(claim, metric=None)]
    assert " nats, 95 % interval" in judge(own, table, AXES, "pretrain/entropy")[0].reason
    assert unit_of("tsne/silhouette") == "" != unit_of("mine/score")

"""Verdicts: contrasts of means in both directions, never from too few seeds, at the price of looking at many."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from judged_cells import AXES, METRIC, Values, better, claim, effect, results, verdict
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from reports.cells.names import signed
from reports.statistics.claims.kinds import Claim
from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.hypothesis_tests.forecast import finds_with_any_seeds, seeds_for, seeds_may_decide
from reports.statistics.noise.spread import estimate
from reports.statistics.verdicts import judge


def grid(values: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"x": x, "y": y, "seed": seed, "baseline": "", "state": "done", METRIC: value}
            for (x, y), seeds in values.items()
            for seed, value in enumerate(seeds)
        ]
    )


def test_one_cell_against_another_is_students_paired_test() -> None:
    found = verdict(better("a", "b"), a=[10.0, 20.0, 33.0], b=[5.0, 15.2, 30.0])
    test = ttest_1samp([5.0, 4.8, 3.0], 0)
    low, high = test.confidence_interval(0.95)
    expected = f"+4.3 points, 95 % interval {signed(low)} to {signed(high)}, over 3 seeds; p {test.pvalue:.3f}"
    assert (found.reason, found.word) == (expected, "SUPPORTED")


def test_the_effect_is_between_the_best_means_and_not_the_mean_of_the_bests() -> None:
    """Within each seed another cell of a and b is the best, by chance."""
    found = verdict(better("ab", "c"), a=[20.0, 10.0, 15.0], b=[10.0, 20.0, 14.0], c=[15.0, 15.2, 15.4])
    assert found.mean == pytest.approx(15.0 - 15.2)
    assert found.about == "between a and c"
    assert found.word == "UNDECIDED"


def test_sides_that_are_left_out_are_all_other_cells() -> None:
    cells: dict[str, Values] = {"a": [1.0, 1.1, 0.9], "b": [5.0, 5.5, 5.1], "c": [9.0, 9.1, 8.8]}
    assert verdict(better("c"), **cells).word == "SUPPORTED"
    assert verdict(better(than="ab"), **cells).word == "SUPPORTED"
    assert verdict(better("b"), **cells).word == "REFUTED"


def test_a_baseline_is_compared_like_a_cell() -> None:
    cells: dict[str, Values] = {"a": [10.0, 20.0, 33.0], "b": [5.0, 15.2, 30.0]}
    table = results(**cells)
    table.loc[table["x"] == "b", ["baseline", "x"]] = ["untrained", ""]
    named, left_out = (claim(cells=side, than=[{"baseline": "untrained"}]) for side in ([{"x": "a"}], []))
    for asked in (named, left_out):
        (found,) = judge([asked], table, AXES, METRIC)
        assert found.reason == verdict(better("a", "b"), **cells).reason
        assert found.cells == [{"x": "a"}, {"baseline": "untrained"}]
    table["scored_by"] = ["frozen", "frozen", "frozen", "other", "other", "other", "frozen"]
    assert "scored by frozen and other" in judge([named], table, AXES, METRIC)[0].reason


def test_a_cell_is_not_compared_with_itself() -> None:
    found = verdict(better("c", "ac"), a=[1.0], c=[3.0])
    assert found.mean == 2


def test_the_margin_is_what_is_asked() -> None:
    cells: dict[str, Values] = {"a": [20.0, 21.0, 22.0], "b": [10.0, 11.5, 12.0]}
    assert verdict(better("a", margin=5), **cells).word == "SUPPORTED"
    assert verdict(better("a", margin=15), **cells).word == "REFUTED"
    assert "more than 15 asked" in verdict(better("a", margin=15), **cells).reason


def test_an_ordering_is_as_strong_as_its_smallest_step() -> None:
    table = grid({("a", "1"): [9.0], ("a", "2"): [7.0], ("b", "1"): [6.0], ("b", "2"): [6.0], ("c", "1"): [1.0]})
    axes = ["x", "y"]
    assert effect(claim("ordering", axis="x", order=["a", "b", "c"]), table, axes) == 3  # no (c, 2), so of y 1 alone
    assert effect(claim("ordering", axis="x", order=["a", "b"]), table, axes) == 2
    assert effect(claim("ordering", axis="x", order=["c", "b"]), table, axes) == -5
    assert effect(claim("ordering", axis="x", order=["a", "b"], where={"y": "1"}), table, axes) == 3


def test_a_trend_is_the_rise_of_a_straight_line() -> None:
    table = grid({(x, "1"): [value] for x, value in zip("abcd", (1.0, 2.0, 4.0, 5.0), strict=True)})
    rise = 3 * np.polyfit([0, 1, 2, 3], [1.0, 2.0, 4.0, 5.0], 1)[0]
    assert effect(claim("trend", axis="x"), table, ["x", "y"]) == pytest.approx(rise)
    assert effect(claim("trend", axis="x", direction="falling"), table, ["x", "y"]) == pytest.approx(-rise)


def test_an_interaction_is_a_difference_of_gains() -> None:
    """Larger batches matter less with longer training."""
    table = grid({("256", "100"): [50.0], ("4096", "100"): [60.0], ("256", "800"): [66.0], ("4096", "800"): [69.0]})
    asked = claim("interaction", axis="x", low="256", high="4096", over="y", start="100", end="800")
    assert effect(asked, table, ["x", "y"]) == 7


def test_like_is_compared_with_like() -> None:
    """Depth 101 has no width of 4, and depth 101 at width 1 would spoil the gain from 1 to 4."""
    sizes = {("18", "1"): [50.0], ("18", "2"): [59.0], ("18", "4"): [65.0], ("101", "1"): [66.0], ("101", "2"): [71.0]}
    axes = ["x", "y"]
    assert effect(claim("trend", axis="y"), grid(sizes), axes) == pytest.approx(15)
    apart = judge([claim("trend", axis="y")], grid({("a", "1"): [1.0], ("b", "2"): [2.0]}), axes, METRIC)
    assert "no cells that differ in y alone" in apart[0].reason
    asked = claim("interaction", axis="y", low="1", high="2", over="x", start="18", end="101")
    assert effect(asked, grid(sizes), axes) == pytest.approx(4)


def test_likeness_is_the_largest_difference() -> None:
    table = grid({("a", "1"): [9.0], ("a", "2"): [1.0], ("b", "1"): [6.0], ("b", "2"): [3.0], ("c", "1"): [40.0]})
    found = judge([claim("similar", axis="x", margin=1.0)], table, ["x", "y"], METRIC)[0]
    assert (found.mean, found.about) == (34, "between c and b")  # there is no (c, 2), so of y 1 alone
    two = judge([claim("similar", axis="x", values=["a", "b"], margin=1.0)], table, ["x", "y"], METRIC)[0]
    assert two.mean == pytest.approx(0.5)
    one = judge([claim("similar", axis="z", margin=1.0)], table, ["x", "y"], METRIC)[0]
    assert "does not have two values of z" in one.reason


# How it is decided


def both_ways(cells: dict[str, list[float]], better: str, worse: str) -> float:
    """Pair by pair, in plain loops: for each of the worse some better one, the choice of which is paid for; and the
    other way round. Two-sided."""

    def p(one: str, other: str) -> float:
        differences = [x - y for x, y in zip(cells[one], cells[other], strict=True)]
        return float(ttest_1samp(differences, 0, alternative="greater").pvalue)

    supported = max(simes([p(a, b) for a in better]) for b in worse)
    refuted = max(simes([p(b, a) for b in worse]) for a in better)
    return min(1.0, 2 * min(supported, refuted))


def simes(ps: list[float]) -> float:
    """The best of n is paid for n times, the second best half of that, the fourth a quarter."""
    return min(len(ps) / rank * sorted(ps)[rank - 1] for rank in (1, 2, 4, 8, 16) if rank <= len(ps))


@pytest.mark.parametrize("apart", [0.0, 2.0, -2.0])
@pytest.mark.parametrize(("one", "other"), [("a", "bcd"), ("ab", "cd"), ("abc", "d")])
def test_the_best_of_several_is_the_slow_test_of_every_pair(one: str, other: str, apart: float) -> None:
    random = np.random.default_rng(7)
    of_seed = random.normal(50, 5, 6)  # what all cells of a seed have in common cancels
    cells = {x: list(of_seed + random.normal(apart * (x in one), 0.7, 6)) for x in "abcd"}
    found = judge([better(one, other)], results(**cells), AXES, METRIC)[0]
    expected = both_ways(cells, one, other)
    assert (found.word in ("SUPPORTED", "REFUTED")) == (expected <= 0.05)
    if found.word in ("SUPPORTED", "REFUTED"):
        assert found.p == pytest.approx(expected, rel=1e-6)


def test_an_interval_agrees_with_the_verdict() -> None:
    random = np.random.default_rng(8)
    kinds = [better("ab", "cd"), claim("ordering", axis="x", order=list("abcd")), better("a", "b", margin=0.5)]
    words = set()
    for _ in range(60):
        cells = {x: list(random.normal(random.normal(0, 2), 0.7, 4)) for x in "abcd"}
        for asked in kinds:
            found = judge([asked], results(**cells), AXES, METRIC)[0]
            assert found.interval is not None and found.mean is not None
            low, high = found.interval
            assert low <= found.mean <= high
            words.add(found.word)
            if found.word == "NO DIFFERENCE":  # its interval is another
                assert -1 < low <= high < 1
                continue
            assert (found.word == "SUPPORTED") == (low > asked.asked)
            assert (found.word == "REFUTED") == (high < asked.asked)
    assert words >= {"SUPPORTED", "REFUTED", "UNDECIDED"}


def slow_equivalence(cells: dict[str, list[float]], margin: float) -> tuple[str, float]:
    """A pair at a time, by scipy's one-sided tests: word and two-sided p."""
    inside, outside = [], []
    for a, b in itertools.combinations(cells.values(), 2):
        for one, other in ((a, b), (b, a)):
            differences = [x - y for x, y in zip(one, other, strict=True)]
            inside.append(ttest_1samp(differences, margin, alternative="less").pvalue)
            outside.append(ttest_1samp(differences, margin, alternative="greater").pvalue)
    supported, refuted = max(inside), simes(outside)
    p = min(1.0, 2 * min(supported, refuted))
    return ("SUPPORTED" if supported < refuted else "REFUTED") if p < 0.05 else "UNDECIDED", p


@pytest.mark.parametrize("margin", [0.5, 1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("seeds", [3, 9])
@pytest.mark.parametrize("apart", [0.0, 3.0])
def test_likeness_is_the_slow_equivalence_test_of_every_pair(seeds: int, apart: float, margin: float) -> None:
    random = np.random.default_rng(seeds)
    of_seed = random.normal(50, 5, seeds)
    cells = {x: list(of_seed + random.normal(apart * number, 0.7, seeds)) for number, x in enumerate("abc")}
    word, p = slow_equivalence(cells, margin)
    found = judge([claim("similar", axis="x", margin=margin)], results(**cells), AXES, METRIC)[0]
    assert found.word == word
    assert found.p == pytest.approx(p, rel=1e-6)


def test_no_difference_is_a_verdict_of_its_own() -> None:
    same: dict[str, Values] = {"a": [50.0, 51.0, 52.1, 49.0, 50.5], "b": [50.1, 51.0, 52.0, 49.1, 50.4]}
    found = verdict(better("a", "b"), **same)
    test = ttest_1samp([-0.1, 0.0, 0.1, -0.1, 0.1], 0)
    low, high = test.confidence_interval(0.9)
    assert found.word == "NO DIFFERENCE"
    assert found.reason.startswith(
        f"no difference larger than 1 point: +0 points, 90 % interval {signed(low)} to {signed(high)}, over 5 seeds"
    )
    assert verdict(better("a", "b", delta=0.05), **same).word == "UNDECIDED"
    assert found.takes == ""


def test_an_effect_that_is_certain_and_does_not_matter_is_small() -> None:
    found = verdict(better("a", "b"), a=[50.3, 51.31, 52.29, 49.3], b=[50.0, 51.0, 52.0, 49.01])
    assert (found.word, found.small) == ("SUPPORTED", True)
    assert "small: less than 1 point, either way" in found.reason
    assert not verdict(better("a", "b", delta=0.2), a=[50.3, 51.31, 52.29], b=[50.0, 51.0, 52.0]).small


def test_what_does_not_matter_is_not_known_of_other_units() -> None:
    table = results(a=[3.0, 3.1, 3.2], b=[3.0, 3.11, 3.19]).rename(columns={METRIC: "pretrain/entropy"})
    asked = better("a", "b", metric="pretrain/entropy")
    assert judge([asked], table, AXES, METRIC)[0].word == "UNDECIDED"
    given = better("a", "b", metric="pretrain/entropy", delta=0.5)
    assert judge([given], table, AXES, METRIC)[0].reason.startswith("no difference larger than 0.5 nats: ")


# Several parts


def halves(*parts: Claim) -> Claim:
    return claim("all", parts=[part.model_dump() for part in parts])


def test_all_parts_must_hold_and_one_that_does_not_refutes() -> None:
    cells: dict[str, Values] = {"a": [9.0, 9.2, 9.1], "b": [5.0, 5.1, 5.3], "c": [1.0, 1.2, 1.1], "d": [1.0, 3.0, 0.5]}
    assert verdict(halves(better("a", "b"), better("b", "c")), **cells).word == "SUPPORTED"
    refuted = verdict(halves(better("a", "b"), better("c", "b")), **cells)
    assert (refuted.word, [part.word for part in refuted.parts]) == ("REFUTED", ["SUPPORTED", "REFUTED"])
    assert refuted.mean == pytest.approx(-4.03, abs=0.01)
    both = verdict(halves(better("b", "c"), better("a", "d")), **cells)
    assert both.word == "SUPPORTED"
    assert both.mean == pytest.approx(7.6)  # the less certain one, whose p the claim has
    waits = verdict(halves(better("a", "b"), better("c", "d")), **cells)
    assert (waits.word, waits.cells) == ("UNDECIDED", [{"x": x} for x in "abcd"])
    assert "it is so (UNDECIDED: " in waits.reason


def test_a_part_without_results_holds_a_claim_up_and_does_not_hide_that_it_is_refuted() -> None:
    cells: dict[str, Values] = {"a": [9.0, 9.2, 9.1], "b": [5.0, 5.1, 5.3]}
    assert verdict(halves(better("a", "b"), better("z")), **cells).word == "UNDECIDED"
    assert verdict(halves(better("b", "a"), better("z")), **cells).word == "REFUTED"


def test_choosing_the_part_that_refutes_is_paid_for() -> None:
    cells: dict[str, Values] = {"a": [9.0, 10.0, 9.4], "b": [10.4, 10.6, 10.8], "c": [1.0, 1.2, 1.1]}
    alone, one_of_two = verdict(better("a", "b"), **cells), verdict(halves(better("a", "b"), better("a", "c")), **cells)
    assert alone.p is not None and one_of_two.p is not None
    assert one_of_two.p == pytest.approx(2 * alone.p)


# Seeds


def test_a_verdict_takes_three_seeds() -> None:
    one, two = verdict(better("a"), a=[90.0], b=[1.0]), verdict(better("a"), a=[90.0, 91.0], b=[1.0, 2.1])
    assert (one.word, two.word) == ("UNDECIDED", "UNDECIDED")
    assert one.reason == "+89.0 points in one seed; a verdict takes three seeds"
    assert (two.seeds, two.takes, two.interval) == (2, "more seeds: --seeds 3", None)


def test_a_failed_trial_costs_its_own_comparisons_and_no_whole_seed() -> None:
    cells: dict[str, Values] = {"a": [20.0, 21.0, 22.0, 20.5], "b": [10.0, 11.1, None, 10.2], "c": [9.0, 9.1, 9.3, 9.2]}
    found = verdict(better("a"), **cells)
    assert (found.word, found.about, found.seeds) == ("SUPPORTED", "between a and b", 3)
    other = verdict(better("a"), **cells | {"c": [11.0, 11.1, 11.3, 11.2]})
    assert (other.word, other.about, other.seeds) == ("SUPPORTED", "between a and c", 4)
    twice: dict[str, Values] = {"a": [20.0, 21.0, 22.0], "b": [10.0, 11.1, None], "c": [9.0, 9.1, 9.3]}
    assert "in 2 seeds; a verdict takes three seeds" in verdict(better("a"), **twice).reason
    lost: dict[str, Values] = {"a": [20.0, 21.0, 22.0], "b": [1.0, None, None], "c": [9.0, 9.1, 9.3]}
    assert "in one seed alone" in verdict(better("a"), **lost).reason
    gone: dict[str, Values] = {"a": [20.0, 21.0, 22.0], "b": [None, None, None]}
    assert "no seed has a value in every cell" in verdict(better("a"), **gone).reason


def test_seeds_that_are_all_the_same_tell_nothing_of_chance() -> None:
    found = verdict(better("a", "b"), a=[2.0, 3.0, 4.0], b=[1.0, 2.0, 3.0])
    assert (found.word, "same in all seeds" in found.reason) == ("UNDECIDED", True)


def test_what_the_grid_does_not_have_is_said() -> None:
    assert "no cell z" in verdict(better("z"), a=[1.0]).reason
    assert "no cells to compare" in verdict(better("a"), a=[1.0]).reason
    unfinished = results(a=[None], b=[None]).drop(columns=METRIC)
    assert "no seed" in judge([better("a")], unfinished, AXES, METRIC)[0].reason
    absent = [
        claim("ordering", axis="x", order=["a", "z"]),
        claim("interaction", axis="x", low="a", high="b", over="y", start="1", end="2"),
        claim("trend", axis="z"),
    ]
    for asked in absent:
        assert judge([asked], results(a=[1.0, 2.0], b=[1.0, 3.0]), AXES, METRIC)[0].word == "UNDECIDED"


def test_how_many_seeds_would_find_what_matters_is_said() -> None:
    """Differences spread by 2: for an effect of 1 point at 5 %, by the power of Student's test."""
    found = verdict(better("a", "b"), a=[-2.0, 0.0, 2.0], b=[0.0, 0.0, 0.0])
    random = np.random.default_rng(0)

    def power(n: int) -> float:
        values = random.normal(1.0, 2.0, (40_000, n))
        t = values.mean(axis=1) / values.std(axis=1, ddof=1) * np.sqrt(n)
        return float((t > student.isf(0.025, n - 1)).mean())

    seeds = int(found.takes.split()[1])
    assert found.takes == f"with {seeds} seeds an effect of 1 point would be found four times in five"
    assert power(seeds - 2) < 0.8 < power(seeds + 1)
    asked = verdict(better("a", "b", margin=3.0), a=[-1.0, 5.0, 7.0], b=[0.0, 0.0, 0.0])
    assert "an effect of 4 points" in asked.takes
    alike = verdict(claim("similar", axis="x", margin=3.0), a=[-2.0, 1.0, 4.0], b=[0.0, 0.0, 0.0])
    assert "that no two are 3 points apart" in alike.takes
    wild = verdict(better("a", "b", delta=0.01), a=[-20.0, 0.0, 20.0], b=[0.0, 0.0, 0.0])
    assert wild.takes.startswith("with more than 1,000 seeds")


def test_no_number_of_seeds_makes_the_test_images_more() -> None:
    """Differences spread by 2 over seeds, and by 0.2 over the choice of images: simulated, as they are judged."""
    weights, images = np.array([[1.0, -1.0]]), 0.04
    found = estimate(np.array([[-2.0, 0.0, 2.0], [0.0, 0.0, 0.0]]), weights, None, 0.0, np.array([images]))
    random = np.random.default_rng(0)

    def power(n: int) -> float:
        seeds, shift = random.normal(1.0, 2.0, (20_000, n)), random.normal(0.0, np.sqrt(images), 20_000)
        of_seeds = seeds.var(axis=1, ddof=1) / n
        freedom = (n - 1) * ((of_seeds + images) / of_seeds) ** 2
        t = (seeds.mean(axis=1) + shift) / np.sqrt(of_seeds + images)
        return float((t > student.isf(0.025, freedom)).mean())

    needed = seeds_for(Decision(found, (1, 1)), 1.0, 0.05)
    assert needed is not None
    assert power(needed - 3) < 0.8 < power(needed + 3)
    many = Decision(replace(found, images=np.array([1.0]), error=np.sqrt(found.error**2 - images + 1.0)), (1, 1))
    assert (seeds_for(many, 1.0, 0.05), finds_with_any_seeds(many, 1.0, 0.05)) == (None, False)
    assert finds_with_any_seeds(many, 3.0, 0.05)


def test_seeds_may_decide_what_the_images_leave_open() -> None:
    """The chance that the mean over very many seeds is decided, simulated; its images alone have an error of 1."""
    weights, images = np.array([[1.0, -1.0]]), np.array([1.0])
    random = np.random.default_rng(1)
    for middle, spread in ((0.3, 1.0), (0.3, 4.0), (2.5, 1.0), (-2.5, 1.0), (5.0, 0.1)):
        values = np.array([[middle - spread, middle, middle + spread], [0.0, 0.0, 0.0]])
        found = estimate(values, weights, None, 0.0, images)
        mean = random.normal(middle, spread / np.sqrt(3), 40_000)
        for margin, delta in ((0.0, None), (1.0, None), (0.0, 3.0)):
            inside = (np.abs(mean) < delta - 1.96) if delta else np.zeros(len(mean), dtype=bool)
            chance = ((np.abs(mean - margin) > 1.96) | inside).mean()
            assert abs(chance - 0.2) > 0.01, "too near to the bound to be simulated"
            assert seeds_may_decide(Decision(found, (1, 1)), margin, delta, 0.05) == (chance > 0.2)
    bare = estimate(values, weights, None)
    assert seeds_may_decide(Decision(bare, (1, 1)), 100.0, None, 0.05)


def test_the_test_sets_own_noise_enters_the_interval() -> None:
    """200 images, of which the two cells have others right: 4 points are not sure, however alike the seeds are."""
    random = np.random.default_rng(6)
    right = {x: random.random(200) < rate for x, rate in (("a", 0.6), ("b", 0.5))}
    rows = []
    for (x, images), seed in itertools.product(right.items(), range(3)):
        flipped = images ^ (np.arange(200) == seed + 100 * (x == "b"))  # one image a seed
        row = {"x": x, "seed": seed, "baseline": "", "state": "done", "correct/top1": flipped}
        rows.append(row | {METRIC: 100 * flipped.mean()})
    table = pd.DataFrame(rows)
    bare, counted, known = (
        judge([better("a", "b")], one, AXES, METRIC)[0]
        for one in (
            table.drop(columns="correct/top1"),
            table.drop(columns="correct/top1").assign(test_images=200),
            table,
        )
    )
    widths = [one.interval[1] - one.interval[0] for one in (bare, counted, known) if one.interval]
    assert (bare.word, known.word) == ("SUPPORTED", "UNDECIDED")
    assert "no number of seeds would find an effect of 1 point" in known.takes
    assert (known.needs_images, counted.needs_images) == (True, False)
    assert widths[0] <= widths[1] < widths[2]
    assert widths[2] == pytest.approx(2 * 1.96 * 100 * np.sqrt(0.49 / 200), rel=0.2)


def test_a_test_image_is_no_part_of_an_entropy() -> None:
    """On 100 images the smallest spread of an accuracy is 1 point, and that of an entropy is no nat."""
    table = results(a=[3.0, 3.011, 3.019], b=[3.1, 3.112, 3.118]).rename(columns={METRIC: "pretrain/entropy"})
    asked = better("b", "a", metric="pretrain/entropy")
    bare, counted = (judge([asked], one, AXES, METRIC)[0] for one in (table, table.assign(test_images=100)))
    assert (counted.word, counted.interval) == ("SUPPORTED", bare.interval)


# Many claims, many looks

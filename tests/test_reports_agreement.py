"""The order of the paper's cells: the correlation, its interval inside [-1, 1], and what makes all of it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from reports.paper.numbers import paper_numbers
from reports.statistics.claims.kinds import AgreementClaim, BetterClaim
from reports.statistics.hypothesis_tests.agreement import Agreement, spearman, split
from reports.statistics.verdicts import Verdict, judge

FIGURE_5 = paper_numbers("figure_5")
assert FIGURE_5
AXES = FIGURE_5.axes
CLAIM = AgreementClaim(says="in the paper's order", source="Figure 5", key="figure_5")


def table(values: dict[tuple[str, str], float], noise: float = 0.5, seeds: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        [
            {AXES[0]: first, AXES[1]: second, "seed": seed, "baseline": "", "state": "done"}
            | {"top1": value + noise * random.normal()}
            for (first, second), value in values.items()
            for seed in range(seeds)
        ]
    )


def papers() -> dict[tuple[str, str], float]:
    assert FIGURE_5
    return {(first, second): value for first, second, value in FIGURE_5.table[[*AXES, "top1"]].itertuples(index=False)}


def verdict(values: dict[tuple[str, str], float], **more: float) -> Verdict:
    return judge([CLAIM], table(values, **more), AXES, "top1")[0]  # type: ignore[arg-type]


def test_it_is_spearmans_of_the_means() -> None:
    random = np.random.default_rng(0)
    values, paper = random.normal(size=(12, 4)), random.integers(0, 5, 12).astype(float)
    assert spearman(values.mean(axis=1), paper) == pytest.approx(spearmanr(values.mean(axis=1), paper).statistic)
    assert Agreement(values, paper).rho == pytest.approx(spearmanr(values.mean(axis=1), paper).statistic)


def test_the_papers_own_order_is_supported_and_another_refuted() -> None:
    same, other = verdict(papers()), verdict({cell: -value for cell, value in papers().items()})
    assert (same.word, other.word) == ("SUPPORTED", "REFUTED")
    assert same.mean is not None and same.mean > 0.95
    assert "over 49 cells; by chance as high with p < 0.001" in same.reason
    assert same.unit == "rank correlation"


@pytest.mark.parametrize("noise", [0.01, 5.0, 100.0])
def test_an_interval_stays_inside_its_range(noise: float) -> None:
    for values in (papers(), {cell: -value for cell, value in papers().items()}):
        found = verdict(values, noise=noise)
        assert found.interval is not None and found.mean is not None
        assert -1 <= found.interval[0] <= found.mean <= found.interval[1] <= 1


def test_it_is_refused_below_eight_cells() -> None:
    few = dict(list(papers().items())[:7])
    assert verdict(few).reason == "an agreement takes 8 cells of the paper's, and 7 have a result here"
    assert verdict(few).word == "UNDECIDED"


def test_cells_without_a_result_are_left_out() -> None:
    results = table(papers())
    results.loc[:5, "state"] = "failed"
    found = judge([CLAIM], results, AXES, "top1")[0]
    assert "over 47 cells" in found.reason


def test_a_result_that_is_missing_is_filled_in_and_tells_nothing_of_noise() -> None:
    results = table(papers(), noise=5.0)
    whole = judge([CLAIM], results, AXES, "top1")[0]
    results.loc[results.index % 21 == 0, "state"] = "failed"  # one in seven cells, in its first seed
    found = judge([CLAIM], results, AXES, "top1")[0]
    assert (found.seeds, whole.seeds) == (3, 3)
    assert "7 of 147 results are missing, and filled in from their cell and seed" in found.reason
    assert "missing" not in whole.reason
    random = np.random.default_rng(6)
    values, paper = random.normal(size=(20_000, 3)), np.arange(20_000.0)
    values += np.sqrt(0.5) * random.normal(size=(20_000, 1))  # 0.5 of signal to 1/3 of noise
    filled = np.zeros(values.shape, dtype=bool)
    filled[:5000, 0] = True
    values[:5000, 0] = values[:5000, 1:].mean(axis=1)
    expected = 0.5 / (0.5 + (0.75 / 3 + 0.25 / 2))
    assert Agreement(values, paper, filled).reliability == pytest.approx(expected, rel=0.02)
    assert Agreement(values, paper).reliability > 1.05 * expected


def test_a_seed_that_few_cells_have_does_not_count() -> None:
    """Four cells have seven seeds more, as after claims about them."""
    results = table(papers(), noise=5.0, seeds=10)
    few = results[(results["seed"] < 3) | (results.index < 40)]
    found, three = (judge([CLAIM], one, AXES, "top1")[0] for one in (few, results[results["seed"] < 3]))
    assert (found.seeds, found.mean, found.interval, found.p) == (3, three.mean, three.interval, three.p)
    assert "seeds that do not count, as more than 25 % of the cells lack them: 7" in found.reason
    apart = results[results["seed"] == results.index // 10 % 2]
    assert "0 have a result" in judge([CLAIM], apart, AXES, "top1")[0].reason


def test_where_one_factor_makes_all_of_it_that_is_said() -> None:
    """The order is the paper's among cells with crop, and random among the others, as in the shipped grid."""
    random = np.random.default_rng(2)
    shuffled = dict(zip(papers(), random.permutation(list(papers().values())), strict=True))
    values = {cell: (papers() if "crop" in cell else shuffled)[cell] for cell in papers()}
    told = verdict(values).notes
    assert any(one.startswith("the 13 cells with crop agree at +0.9") and "the 36 without at" in one for one in told)
    assert not any("cells with" in one for one in verdict(papers()).notes)


def test_two_groups_that_are_apart_are_no_order_within_them() -> None:
    random = np.random.default_rng(4)
    inside = np.arange(30) < 10
    paper = random.normal(size=30) + 10 * inside
    ours = random.normal(size=(30, 3)) * 0.1 + random.normal(size=(30, 1)) + 10 * inside[:, None]
    found = Agreement(ours, paper)
    assert found.rho > 0.4
    assert split(found, {"a": inside, "b": np.arange(30) % 2 == 0}).startswith("the 10 cells with a agree at")


def test_noise_never_refutes_an_order_that_is_there() -> None:
    """Means that are mostly noise agree less than the true ones do."""
    random = np.random.default_rng(5)
    refuted = 0
    for _ in range(200):
        paper = random.normal(size=30)
        true = 0.8 * paper + 0.6 * random.normal(size=30)
        refuted += Agreement(true[:, None] + 2.0 * random.normal(size=(30, 3)), paper).refuted(0.5) < 0.025
    assert refuted <= 10


def test_permutations_are_all_orders_where_those_are_few() -> None:
    """One in 40,320 orders of eight cells is as good as the paper's, or 20 with as many as were tried."""
    values = np.arange(8.0)[:, None] + np.array([0.0, 0.1, 0.05])
    assert Agreement(values, np.arange(8.0)).by_chance == pytest.approx(1 / 20_001, rel=3)
    worse = sum(np.dot(order, np.arange(5)) >= 26 for order in itertools.permutations(range(5))) / 120
    assert Agreement(np.array([0.0, 2, 1, 4, 3])[:, None], np.arange(5.0)).by_chance > worse / 5


@pytest.mark.parametrize("noise", [0.0, 1e-13])
def test_cells_that_are_all_the_same_are_in_no_order_and_take_nothing_from_other_claims(noise: float) -> None:
    """All trainings score 100 %, or all collapsed."""
    cells = table(dict.fromkeys(papers(), 100.0), noise=noise)
    cells["pretrain/knn_top1"] = table({name: 10.0 * (name[0] == "crop") for name in papers()}, noise=0.5)["top1"]
    other = BetterClaim(says="", cells=[{AXES[0]: "crop"}], by="mean", metric="pretrain/knn_top1")
    flat, beside = judge([CLAIM, other], cells, AXES, "top1")
    (alone,) = judge([other], cells, AXES, "top1")
    assert (flat.word, flat.p, "is no order" in flat.reason) == ("UNDECIDED", None, True)
    assert (beside.word, beside.p, beside.interval) == ("SUPPORTED", alone.p, alone.interval)

"""How often verdicts are wrong: a fast part of ``benchmarks/verdicts.py``, whose table has all of it.

The limits are the stated rates with three standard errors of the simulation added. Judged as in 0.1.0, the first four
would be wrong 21, 45, 84 and 39 times in a hundred.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from verdict_designs import Design, Study, kinds, pairs
from verdicts import Rates, claims_tested, decisions_of, simulate

from reports.statistics.claims.kinds import Claim
from reports.statistics.ruling import level
from reports.statistics.verdicts import judge

PAGES = 600


def rates(*studies: Study, seeds: int, **more: Any) -> Rates:
    design = Design("", "", "", list(studies), seeds, **more)
    return simulate(design, PAGES, np.random.default_rng(0))


def limit(rate: float, draws: int = PAGES) -> float:
    return rate + 3 * math.sqrt(rate * (1 - rate) / draws)


@pytest.mark.parametrize(
    ("name", "seeds"),
    [
        ("best of 42 against best of 7", 3),
        ("best of 42 against best of 7", 5),
        ("best of 42 against best of 7", 10),
        ("best of 2 against best of 47", 3),
        ("order of 5", 10),
        ("4 alike, within 2", 5),
        ("interaction", 3),
        ("two parts, one true by 4", 5),
        ("one cell against one", 3),
        ("above a margin of 1", 10),
    ],
)
def test_nothing_is_decided_by_chance(name: str, seeds: int) -> None:
    found = rates(kinds(0.0)[name], seeds=seeds)
    assert found.wrong <= limit(0.05)
    assert found.covered >= 0.94 - 3 * math.sqrt(0.05 * 0.95 / PAGES)


@pytest.mark.parametrize(("effect", "name"), [(1.0, "best of 2 against best of 47"), (0.5, "order of 5")])
@pytest.mark.parametrize("seeds", [3, 10])
def test_what_is_true_is_not_refuted(effect: float, name: str, seeds: int) -> None:
    """0.1.0 refutes the first 50 times in a hundred, the second 98 times, over ten seeds."""
    assert rates(kinds(effect)[name], seeds=seeds).wrong <= limit(0.05)


@pytest.mark.parametrize("claims", [1, 10])
def test_looking_three_times_is_no_likelier_to_be_wrong(claims: int) -> None:
    """0.1.0 decides 20 and 25 times in a hundred."""
    found = rates(pairs(claims, 0.0), seeds=10, looks=(3, 5, 10))
    assert found.wrong <= limit(0.05)
    assert found.false <= limit(0.05)


def test_a_difference_of_exactly_what_matters_is_not_called_none() -> None:
    assert rates(kinds(1.0)["one cell against one"], seeds=10).same <= limit(0.05)


def test_a_large_effect_ends_early() -> None:
    found = rates(pairs(1, 4.0), seeds=10, looks=(3, 5, 10))
    assert found.right > 0.99
    assert found.seeds < 4


def test_unequal_noise_is_no_excuse() -> None:
    noisy, quiet = (pairs(1, 0.0, size=24, noise=noise) for noise in (3.0, 1.0))
    assert rates(noisy, quiet, seeds=5, counted=slice(1)).wrong <= limit(0.06)
    half = np.where(np.arange(49) % 4 < 2, 3.0, 1.0)
    assert rates(pairs(1, 0.0, noise=half), seeds=3).wrong <= limit(0.06)
    assert rates(pairs(1, 0.0, differing=3.0), seeds=3).wrong <= limit(0.06)


def test_what_the_cells_of_a_row_share_is_not_averaged_away() -> None:
    study = kinds(0.0)["trend over 7, 7 averaged"]
    shared = replace(study, grid=replace(study.grid, shared=1.0))
    assert rates(shared, seeds=5).wrong <= limit(0.06)


def test_three_seeds_find_three_times_what_they_found() -> None:
    """Two points in a family of four: 9 in a hundred as judged in 0.1.0."""
    found = rates(pairs(4, 2.0), seeds=3)
    assert found.right >= 0.27
    assert found.wrong == 0


def test_false_discoveries_of_a_page_are_at_most_as_many_as_it_says() -> None:
    for every in (2, 10**9):
        assert rates(pairs(20, 2.0, every=every), seeds=5).false <= limit(0.05)


def test_the_simulation_judges_as_a_page_does() -> None:
    """The same values as a table give the same words."""
    study = kinds(1.0)["best of 2 against best of 47"]
    claims: list[Claim] = [*study.claims, *pairs(3, 2.0).claims]
    study = replace(study, claims=claims)
    values = study.grid.draw(np.random.default_rng(5), 1, 3)
    design = Design("", "", "", [study], 3)
    tests = claims_tested(design, decisions_of(design, [values]))
    simulated = tests.words(level(tests.p)[:, None])[0].tolist()
    rows = [
        {"x": str(cell), "seed": seed, "baseline": "", "state": "done", "top1": values[0, cell, seed]}
        for cell in range(49)
        for seed in range(3)
    ]
    assert simulated == [one.word for one in judge(claims, pd.DataFrame(rows), ["x"], "top1")]

"""How sure a contrast is: against limma, by hand, with trials that failed, and over test images."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import digamma, polygamma
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_rel

from reports.statistics.measured import Measured, measure
from reports.statistics.noise.images import variance_over_images
from reports.statistics.noise.prior import FEWEST_FREEDOM, MOST, Prior, cautious_priors, freedom_of, log_variances
from reports.statistics.noise.spread import centred_variances, estimate
from reports.statistics.noise.usual import usual_spreads

RANDOM = np.random.default_rng(0)
LIMMA_DATA = np.array(
    [
        [1.2, -0.3, 0.5],
        [2.2, 1.9, 2.7],
        [0.1, 0.2, -0.1],
        [5.0, 3.1, 4.4],
        [-1.0, 0.6, 0.3],
        [0.0, 1.7, -0.8],
        [3.3, 3.0, 3.1],
        [-2.0, -2.6, -1.1],
        [0.9, 0.4, 1.6],
        [1.1, 1.0, -0.7],
        [2.5, 2.4, 4.9],
        [-0.2, 0.3, 0.8],
    ]
)
"""Twelve differences over three seeds."""
LIMMA_T = [1.10666291, 6.09812946, 0.18910832, 8.97565697, -0.07574089, 0.56335309]
LIMMA_T += [8.88809123, -4.49734769, 2.43198770, 0.98726782, 5.76929409, 0.78311866]
LIMMA_P = [0.3064550696, 0.0005750438, 0.8555890806, 0.0000552740, 0.9418293643, 0.5914762391]
LIMMA_P += [0.0000587726, 0.0031038446, 0.0466911626, 0.3576978252, 0.0007915476, 0.4602458669]
"""Numbers of ``eBayes(lmFit(y, matrix(1, 3, 1)))`` of limma 3.54.1 in R 4.2.2."""


def smyth(variances: np.ndarray, freedom: np.ndarray) -> Prior:
    """The prior of one group of variances (..., cells), from the moments of their logarithms (Smyth 2004, section
    6.2), as limma computes it."""
    logs = log_variances(variances, freedom)
    scatter = logs.var(axis=-1, ddof=1) - polygamma(1, freedom / 2).mean(axis=-1)
    d0 = freedom_of(scatter)
    finite = np.minimum(d0, MOST)
    middle = np.exp(logs.mean(axis=-1) + np.where(d0 < MOST, digamma(finite / 2) - np.log(finite / 2), 0.0))
    return Prior(np.where(d0 < MOST, middle, variances.mean(axis=-1)), d0)


def test_the_prior_is_limmas() -> None:
    prior = smyth(LIMMA_DATA.var(axis=1, ddof=1), np.full(12, 2.0))
    assert float(prior.freedom) == pytest.approx(4.72364741, rel=1e-7)
    assert float(prior.middle) == pytest.approx(0.52081552, rel=1e-7)


def test_variances_that_scatter_by_chance_alone_are_one_as_in_limma() -> None:
    prior = smyth(np.array([1.0, 1.2, 0.9, 1.1, 1.05, 0.95, 1.0, 1.15]), np.full(8, 4.0))
    assert float(prior.middle) == pytest.approx(1.04375)
    assert float(prior.freedom) >= 0.9 * MOST


def test_the_moderated_t_is_limmas() -> None:
    """A difference is a contrast of two cells, the other of which is always 0."""
    prior = smyth(LIMMA_DATA.var(axis=1, ddof=1), np.full(12, 2.0))
    halved = Prior(prior.middle / 2, prior.freedom)  # a difference has twice the variance of a cell
    for values, t, p in zip(LIMMA_DATA, LIMMA_T, LIMMA_P, strict=True):
        found = estimate(np.stack([values, np.zeros(3)]), np.array([[1.0, -1.0]]), halved)
        assert float(found.mean[0] / found.error[0]) == pytest.approx(t, rel=1e-6)
        assert 2 * student.sf(abs(t), found.freedom[0]) == pytest.approx(p, rel=1e-5)


def test_degrees_of_freedom_undo_trigamma() -> None:
    freedom = np.array([0.5, 2.0, 10.0, 300.0])
    assert freedom_of(np.asarray(polygamma(1, freedom / 2))) == pytest.approx(freedom, rel=1e-6)
    assert freedom_of(np.array([0.0, -1.0])) == pytest.approx(MOST, rel=1e-3)


def test_without_a_prior_a_contrast_is_students_paired_test() -> None:
    values = RANDOM.normal(size=(4, 5)) + 10 * RANDOM.normal(size=5)
    found = estimate(values, np.array([[1.0, -1.0, 0, 0], [0.5, 0.5, -0.5, -0.5]]), None)
    expected = [ttest_rel(values[0], values[1]), ttest_1samp(values[:2].mean(axis=0) - values[2:].mean(axis=0), 0)]
    assert found.mean / found.error == pytest.approx([float(one.statistic) for one in expected])
    assert found.freedom.tolist() == [4, 4]
    assert np.isnan(found.usual).all()


def test_what_the_cells_of_a_seed_share_is_no_spread() -> None:
    values = RANDOM.normal(size=(200, 3))
    apart, _ = centred_variances(values)
    shared, freedom = centred_variances(values + 100 * RANDOM.normal(size=3))
    assert shared == pytest.approx(apart)
    assert (apart.mean(), freedom[0]) == (pytest.approx(1, abs=0.15), 2)


def test_two_cells_alone_are_the_paired_test() -> None:
    values = RANDOM.normal(size=(2, 6))
    variances, _ = centred_variances(values)
    assert variances == pytest.approx((values[0] - values[1]).var(ddof=1) / 2)


def test_few_cells_have_no_prior_and_many_have() -> None:
    assert cautious_priors([np.ones(FEWEST_FREEDOM // 2 - 1)], [np.full(FEWEST_FREEDOM // 2 - 1, 2.0)]) == [None]
    cells = FEWEST_FREEDOM // 2
    (prior,) = cautious_priors([RANDOM.chisquare(2, cells) / 2], [np.full(cells, 2.0)])
    assert prior is not None
    assert prior.trusted
    few, many = cautious_priors(
        [np.array([0.9, 1.1, 1.0]), RANDOM.chisquare(2, cells) / 2], [np.full(3, 2.0), np.full(cells, 2.0)]
    )
    assert few is not None and not few.trusted and many is not None


def test_a_study_has_the_noise_that_it_has_and_not_the_pages() -> None:
    """One grid with three times the noise of the other: each contrast is as unsure as its own cells are."""
    draws = [RANDOM.chisquare(4, 50) / 4 * scale for scale in (1.0, 9.0)]
    quiet, noisy = cautious_priors(draws, [np.full(50, 4.0)] * 2)
    assert quiet is not None and noisy is not None
    assert float(noisy.middle / quiet.middle) == pytest.approx(9, rel=0.5)


def test_a_difference_that_is_equal_by_luck_is_not_sure() -> None:
    """Figure 9's +0.44 with a spread of 0.05, where cells spread by 1: by itself p is 0.004."""
    values = RANDOM.normal(size=(60, 3))
    values[0], values[1] = [0.44, 0.49, 0.39], [0.0, 0.0, 0.0]
    prior = cautious_priors(*([one] for one in centred_variances(values)))[0]
    weights = (np.eye(60)[0] - np.eye(60)[1])[None]
    alone, moderated = (estimate(values, weights, one) for one in (None, prior))
    p = [2 * float(student.sf(one.mean / one.error, one.freedom)[0]) for one in (alone, moderated)]
    assert p[0] < 0.005
    assert p[1] > 0.3


def test_averages_have_a_prior_of_their_own() -> None:
    """A part that the cells of a row share in a seed does not average out."""
    row = 3 * RANDOM.normal(size=(10, 1, 5))
    values = (row + RANDOM.normal(size=(10, 10, 5))).reshape(100, 5)
    names = [{"x": str(number // 10), "y": str(number % 10)} for number in range(100)]
    table = [
        {**name, "seed": seed, "baseline": "", "state": "done", "top1": float(value)}
        for name, of_cell in zip(names, values, strict=True)
        for seed, value in enumerate(of_cell)
    ]
    (usual,) = usual_spreads([measure(frame(table), ["x", "y"], "top1")])
    assert usual.cells is not None and usual.averages is not None
    assert float(usual.averages.middle) > 3 * float(usual.cells.middle)


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows)


# Trials that failed


def test_a_failed_trial_costs_its_own_contrasts_a_seed_and_no_other() -> None:
    values = RANDOM.normal(size=(3, 4))
    values[0, 2] = np.nan
    found = estimate(values, np.array([[1.0, -1, 0], [0, 1.0, -1]]), None)
    assert found.seeds.tolist() == [3, 4]
    kept = [0, 1, 3]
    assert found.mean == pytest.approx([(values[0] - values[1])[kept].mean(), (values[1] - values[2]).mean()])


def test_of_an_average_over_many_cells_a_failed_trial_costs_a_part_of_a_seed() -> None:
    """It is filled in by the mean of its cell and the seed's other cells, which of values that add up is exact."""
    values = np.arange(8.0)[:, None] + np.array([0.0, 10.0, 30.0]) + 1e-3 * RANDOM.normal(size=(8, 3))
    whole = values.copy()
    values[0, 1] = np.nan
    weights = np.array([[0.25] * 4 + [-0.25] * 4])
    found, complete = (estimate(one, weights, None) for one in (values, whole))
    assert found.mean == pytest.approx(complete.mean, abs=1e-2)
    assert found.seeds.tolist() == [3]
    assert float(found.error[0] / found.own[0]) > float(complete.error[0] / complete.own[0])


def test_a_cell_without_any_result_has_no_contrast() -> None:
    values = np.array([[1.0, 2.0, 3.0], [np.nan] * 3, [0.0, 1.1, 2.0]])
    found = estimate(values, np.array([[1.0, -1, 0], [1.0, 0, -1]]), None)
    assert np.isnan(found.mean).tolist() == [True, False]
    assert found.seeds.tolist() == [0, 3]


# Test images


def right(rates: list[float], seeds: int, images: int, same: bool) -> Measured:
    """Cells that have images right at some rates; the same images in all seeds and cells, or each others."""
    random = np.random.default_rng(3)
    hardness = random.random(images) if same else None
    drawn = [random.random(images) if hardness is None else hardness for _ in range(len(rates) * seeds)]
    correct = np.array([one < rates[number // seeds] for number, one in enumerate(drawn)])
    correct = correct.reshape(len(rates), seeds, images)
    cells = frame([{"x": str(number)} for number in range(len(rates))])
    values, none = 100 * correct.mean(axis=-1), np.zeros(0)
    return Measured("top1", cells, list(range(seeds)), values, none, none, correct, 100 / images)


def test_the_test_sets_own_noise_is_mcnemars() -> None:
    """All seeds have the same images right: the noise is the share of discordant images."""
    found = right([0.8, 0.5], 3, 1000, same=True)
    differing = found.correct[0, 0].astype(float) - found.correct[1, 0]  # type: ignore[index]
    expected = 1e4 * differing.var(ddof=1) / 1000
    assert variance_over_images(found, np.array([[1.0, -1.0]])) == pytest.approx(expected)


def test_what_seeds_vary_already_is_not_counted_twice() -> None:
    weights = np.array([[1.0, -1.0]])
    of_seeds = right([0.8, 0.5], 8, 2000, same=False)
    binomial = 1e4 * (0.8 * 0.2 + 0.5 * 0.5) / (8 * 2000)
    assert float(np.max(variance_over_images(of_seeds, weights))) < 0.2 * binomial


def test_a_trial_that_failed_costs_the_images_of_its_own_cell_alone() -> None:
    """Each seed lacks another cell: the first two are still compared, and an average over all is about as noisy."""
    whole = right([0.8, 0.5, *[0.6] * 18], 3, 1000, same=True)
    values = whole.values.copy()
    values[[2, 3, 4], [0, 1, 2]] = np.nan
    part = replace(whole, values=values)
    pair = np.array([[1.0, -1.0, *[0.0] * 18]])
    assert np.array_equal(variance_over_images(part, pair), variance_over_images(whole, pair))
    average = np.array([[-1.0, *[1 / 19] * 19]])
    assert variance_over_images(part, average) == pytest.approx(variance_over_images(whole, average), rel=0.02)
    values[2] = np.nan  # a cell that has no result at all
    assert variance_over_images(replace(part, values=values), average) == [0.0]


def test_images_enter_the_interval_and_their_number_is_its_floor() -> None:
    values = np.array([[50.0, 50.1, 50.2], [49.0, 49.1, 49.2001]])
    weights = np.array([[1.0, -1.0]])
    bare, floored, wide = (estimate(values, weights, None, *more) for more in ((), (0.01,), (0.01, np.array([0.25]))))
    assert float(bare.error[0]) < 1e-4
    assert float(floored.error[0]) == pytest.approx(0.01 * np.sqrt(2 / 3))
    assert float(wide.error[0]) == pytest.approx(np.sqrt(0.25 + 2e-4 / 3))
    assert wide.freedom[0] > 1000

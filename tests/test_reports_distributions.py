"""The distributions are those of scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from reports.statistics.hypothesis_tests import distributions as own

P = np.array([1e-12, 1e-6, 0.001, 0.025, 0.3, 0.5, 0.9, 0.999])
X = np.array([-40.0, -5.0, -1.0, 0.0, 0.3, 2.0, 12.0, 60.0])
FREEDOMS = np.array([0.7, 1.0, 2.5, 9.0, 60.0, 1e4, 1e6])[:, None]


def same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)


def test_tails_and_quantiles() -> None:
    same(own.normal_above(X), stats.norm.sf(X))
    same(own.normal_quantile_above(P), stats.norm.isf(P))
    same(own.student_above(X, FREEDOMS), stats.t.sf(X, FREEDOMS))
    same(own.student_quantile_above(P, FREEDOMS), stats.t.isf(P, FREEDOMS))
    same(own.chi_squared_quantile(P, FREEDOMS), stats.chi2.ppf(P, FREEDOMS))


@pytest.mark.parametrize("other", [1.0, 4.0, 30.0, 1e6])
def test_a_ratio_of_variances(other: float) -> None:
    p = np.array([0.001, 0.01, 0.1])
    same(own.fisher_quantile_above(p, FREEDOMS, other), stats.f.isf(p, FREEDOMS, other))


def test_the_power_of_a_test() -> None:
    """Only chances near that of finding an effect are asked for."""
    freedom, shift = np.array([2.0, 9.0, 60.0, 1000.0])[:, None], np.linspace(0.1, 8, 40)
    critical = stats.t.isf(0.025, freedom)
    np.testing.assert_allclose(
        own.shifted_student_above(critical, freedom, shift), stats.nct.sf(critical, freedom, shift), atol=1e-7
    )


def test_the_ends_are_those_of_the_distribution() -> None:
    nothing = np.array([np.nan])
    assert np.isnan(own.student_above(nothing, 3.0)).all()
    assert np.isnan(own.student_quantile_above(0.1, nothing)).all()
    assert own.student_quantile_above(np.array([0.0, 1.0]), 3.0).tolist() == [np.inf, -np.inf]
    assert own.student_above(np.array([np.inf, -np.inf]), 3.0).tolist() == [0.0, 1.0]


def test_ranks_share_ties() -> None:
    draws = np.random.default_rng(0).integers(0, 6, 40).astype(float)
    assert own.mean_ranks(draws).tolist() == stats.rankdata(draws).tolist()


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5)])
def test_false_discoveries(shape: tuple[int, ...]) -> None:
    ps = np.random.default_rng(1).uniform(size=shape) ** 3
    same(own.adjusted_for_false_discoveries(ps), stats.false_discovery_control(ps, axis=-1))
    tied = np.round(ps, 1)
    same(own.adjusted_for_false_discoveries(tied), stats.false_discovery_control(tied, axis=-1))

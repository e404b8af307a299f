"""Levels for repeated looks agree with rpact and with simulation."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from reports.statistics.hypothesis_tests.looks import Looks, one_look, total_level

RPACT = [
    ((3, 5, 10), 0.05, 0.02149719),
    ((3, 5, 10), 0.01, 0.00397142),
    ((3, 5, 10), 0.2, 0.09634517),
    ((3, 5), 0.05, 0.03073250),
    ((2, 4, 8, 16), 0.05, 0.01601817),
    ((2, 4, 8, 16), 0.01, 0.00293735),
]
"""Looks, level of all, level of each: ``getDesignGroupSequential`` of rpact 3.3.4, two-sided, type "P" (Pocock)."""


@pytest.mark.parametrize(("looks", "total", "one"), RPACT)
def test_levels_are_rpacts(looks: Looks, total: float, one: float) -> None:
    assert float(one_look(total, looks)) == pytest.approx(one, rel=2e-3)
    assert float(total_level(one, looks)) == pytest.approx(total, rel=2e-3)


def test_looks_together_are_wrong_as_often_as_is_said() -> None:
    sums = np.random.default_rng(0).normal(size=(400_000, 10)).cumsum(axis=1)
    for looks in ((3, 5, 10), (4, 9)):
        z = max_over([np.abs(sums[:, n - 1]) / np.sqrt(n) for n in looks])
        for total in (0.5, 0.05, 0.01):
            limit = norm.isf(float(one_look(total, looks)) / 2)
            assert (z > limit).mean() == pytest.approx(total, rel=0.05)


def max_over(several: list[np.ndarray]) -> Any:
    return np.stack(several).max(axis=0)


def test_looking_once_costs_nothing() -> None:
    for looks in ((), (5,)):
        assert (float(one_look(0.05, looks)), float(total_level(0.03, looks))) == (0.05, 0.03)


def test_p_values_keep_their_order_and_never_leave_their_range() -> None:
    ps = np.array([0.0, 1e-30, 1e-12, 1e-6, 0.01, 0.5, 1.0])
    totals = total_level(ps, (3, 5, 10))
    assert (np.diff(totals) >= 0).all()
    assert ((totals >= ps * (ps > 1e-9)) & (totals <= 1)).all()

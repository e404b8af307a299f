"""The tests of a question, in both directions, and the interval that agrees with them.

A claim is ``max over rows (min over columns of contrast) > margin``. To support it every column must be rejected, which
needs no correction (an intersection-union test, Berger & Hsu 1996); for each column some row has to do, and a choice
among r rows is paid for r times (Bonferroni). To refute it every row must be rejected, each by some column. So the side
with more cells is not helped by chance.

Arrays are (..., contrasts), the contrasts of a row side by side; what comes back is (...).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from reports.statistics.noise.spread import Estimate


@dataclass(frozen=True)
class Decision:
    """Estimates of the contrasts of a question of ``shape`` (rows, columns)."""

    estimate: Estimate
    shape: tuple[int, int]

    def supported(self, margin: float) -> np.ndarray:
        """One-sided p of the hypothesis that the effect is at most the margin."""
        with np.errstate(invalid="ignore", divide="ignore"):
            p = self._tail((self.estimate.mean - margin) / self.estimate.error)
        return np.asarray(np.minimum(1.0, self.shape[0] * p.min(axis=-2).max(axis=-1)))

    def refuted(self, margin: float) -> np.ndarray:
        """One-sided p of the hypothesis that the effect is at least the margin."""
        with np.errstate(invalid="ignore", divide="ignore"):
            p = self._tail((margin - self.estimate.mean) / self.estimate.error)
        return np.asarray(np.minimum(1.0, self.shape[1] * p.min(axis=-1).max(axis=-1)))

    def interval(self, below: np.ndarray | float, above: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """The effects that the tests do not reject at these one-sided levels: the chance that the effect is below the
        interval, and above it."""
        rows, columns = self.shape
        low, high = self._reach(below, rows), self._reach(above, columns)
        mean = self._table(self.estimate.mean)
        return (mean - low).max(axis=-2).min(axis=-1), (mean + high).min(axis=-1).max(axis=-1)

    def deciding(self) -> np.ndarray:
        """The number of the contrast that is the effect: between the best cell of either side, or the smallest step."""
        mean = self._table(self.estimate.mean)
        row = mean.min(axis=-1).argmax(axis=-1)
        column = np.take_along_axis(mean, row[..., None, None], axis=-2)[..., 0, :].argmin(axis=-1)
        return np.asarray(row * self.shape[1] + column)

    def _tail(self, t: np.ndarray) -> np.ndarray:
        return self._table(student.sf(t, self.estimate.freedom))

    def _reach(self, alpha: np.ndarray | float, choices: int) -> np.ndarray:
        quantile = student.isf(np.asarray(alpha)[..., None] / choices, self.estimate.freedom)
        return self._table(quantile * self.estimate.error)

    def _table(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(*values.shape[:-1], *self.shape)

"""The tests of a question, in both directions, and the interval that agrees with them.

A claim is ``max over rows (min over columns of contrast) > margin``.

A claim is supported if for every column some row is above the margin. All columns must be, which needs no correction
(an intersection-union test, Berger & Hsu 1996). The choice among the rows needs one, which is Simes' test (1986): the
smallest p of r counts r times, the second smallest r / 2 times, and so on. A claim is refuted the same way round: if
for every row some column is below the margin. So the side with more cells is not helped by chance.

Arguments are (..., contrasts), with the contrasts of a row side by side; results are (...).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reports.statistics.hypothesis_tests.distributions import student_above, student_quantile_above
from reports.statistics.noise.spread import Estimate


@dataclass(frozen=True)
class Decision:
    """The tests of a question, from the estimates of its contrasts."""

    estimate: Estimate
    shape: tuple[int, int]
    """The numbers of rows and of columns of the question."""

    def supported(self, margin: float) -> np.ndarray:
        """One-sided p of the hypothesis that the effect is at most the margin."""
        return np.asarray(_chosen(self._tails(self.estimate.mean - margin), axis=-2).max(axis=-1))

    def refuted(self, margin: float) -> np.ndarray:
        """One-sided p of the hypothesis that the effect is at least the margin."""
        return np.asarray(_chosen(self._tails(margin - self.estimate.mean), axis=-1).max(axis=-1))

    def interval(self, below: np.ndarray | float, above: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest effect that the tests do not reject.

        ``below`` and ``above`` are the levels of the two one-sided tests: the chances that the effect is below the
        interval, and above it.
        """
        low = self._reached(self.estimate.mean, below, axis=-2).min(axis=-1)
        high = -self._reached(-self.estimate.mean, above, axis=-1).min(axis=-1)
        return low, high

    def deciding(self) -> np.ndarray:
        """The number of the contrast that is the effect: between the best cells of both sides, or the smallest step."""
        mean = self._table(self.estimate.mean)
        row = mean.min(axis=-1).argmax(axis=-1)
        column = np.take_along_axis(mean, row[..., None, None], axis=-2)[..., 0, :].argmin(axis=-1)
        return np.asarray(row * self.shape[1] + column)

    def _tails(self, distance: np.ndarray) -> np.ndarray:
        """One-sided p of the hypothesis that a contrast is at most 0, for each, from its distance above 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._table(student_above(distance / self.estimate.error, self.estimate.freedom))

    def _reached(self, mean: np.ndarray, alpha: np.ndarray | float, axis: int) -> np.ndarray:
        """The largest margin that the choice along an axis is still above, at the level ``alpha``."""
        found = []
        for number, factor in _corrections(self.shape[axis]):
            quantile = student_quantile_above(np.asarray(alpha)[..., None] / factor, self.estimate.freedom)
            limits = self._table(mean - quantile * self.estimate.error)
            found.append(np.asarray(np.take(np.sort(limits, axis=axis), -number, axis=axis)))
        return np.asarray(np.max(found, axis=0))

    def _table(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(*values.shape[:-1], *self.shape)


def _chosen(p: np.ndarray, axis: int) -> np.ndarray:
    """p of the hypothesis that all hypotheses along an axis are true, by Simes' test."""
    ordered = np.sort(p, axis=axis)
    corrected = [factor * np.take(ordered, number - 1, axis=axis) for number, factor in _corrections(p.shape[axis])]
    return np.asarray(np.minimum(1.0, np.min(corrected, axis=0)))


def _corrections(choices: int) -> Iterator[tuple[int, float]]:
    """The ranks 1, 2, 4, ... of the p values that are looked at, each with the factor that corrects its p."""
    number = 1
    while number <= choices:
        yield number, choices / number
        number *= 2

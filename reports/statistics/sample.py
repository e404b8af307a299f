"""What an effect was in each seed, and how sure its mean is."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap
from scipy.stats import t as student

CONFIDENCE = 0.95
BOOTSTRAP_SEEDS = 10
"""From so many seeds on the interval is the bootstrap's; of fewer values it would be too narrow, and is Student's."""


@dataclass(frozen=True)
class Sample:
    """Of one effect."""

    values: tuple[float, ...]
    """One a seed."""

    @property
    def mean(self) -> float:
        return sum(self.values) / len(self.values)

    @property
    def deviation(self) -> float:
        """Over seeds (n - 1); of one seed unknown."""
        return float(np.std(self.values, ddof=1))

    @property
    def interval(self) -> tuple[float, float]:
        """Of the mean, at 95 %."""
        if len(self.values) >= BOOTSTRAP_SEEDS and self.deviation > 0:
            found = bootstrap([self.values], np.mean, confidence_level=CONFIDENCE, rng=np.random.default_rng(0))
            return float(found.confidence_interval.low), float(found.confidence_interval.high)
        error = self.deviation / math.sqrt(len(self.values))
        reach = float(student.ppf(0.5 + CONFIDENCE / 2, len(self.values) - 1)) * error
        return self.mean - reach, self.mean + reach

    def p(self, distance: float, seeds: np.ndarray) -> np.ndarray:
        """Of Student's test, one-sided, that a mean which lies that far above a limit is not above it, for each number
        of ``seeds``, were mean and deviation to stay as they are."""
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.divide(distance, self.deviation / np.sqrt(seeds))
        return np.asarray(np.nan_to_num(student.sf(errors, seeds - 1), nan=0.5))

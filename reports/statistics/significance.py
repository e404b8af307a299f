"""The two questions that claims ask of effects: is one larger than a margin, and are all smaller than one?

Either is decided by Student's test at 5 %, half of it for each answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from reports.statistics.sample import Sample

Decided = Literal["SUPPORTED", "REFUTED"]


@dataclass(frozen=True)
class Above:
    """Whether an effect is above a margin."""

    effect: Sample
    margin: float

    @property
    def shown(self) -> Sample:
        return self.effect

    @property
    def about(self) -> str:
        """What the shown effect is between, where that is not said by the claim."""
        return ""

    @property
    def word(self) -> Decided:
        """Should it be decided."""
        return "SUPPORTED" if self.effect.mean > self.margin else "REFUTED"

    def p(self, seeds: np.ndarray) -> np.ndarray:
        """Two-sided, for each number of seeds; see ``Sample.p``."""
        return np.asarray(np.minimum(1.0, 2 * self.effect.p(abs(self.effect.mean - self.margin), seeds)))


@dataclass(frozen=True)
class Within:
    """Whether all of several differences are smaller than a margin, either way: an equivalence test.

    They are where the least sure of two one-sided tests on each says so, which needs no correction for their number
    (Schuirmann 1987, Berger 1982); they are not where any is larger, corrected for their number by Bonferroni.
    """

    differences: Mapping[tuple[str, str], Sample]
    """By the two values that are compared."""
    margin: float

    @property
    def shown(self) -> Sample:
        """Of the pair that decides, so that it is positive."""
        sample = self.differences[self._pair]
        return sample if sample.mean >= 0 else Sample(tuple(-value for value in sample.values))

    @property
    def about(self) -> str:
        one, other = self._pair if self.differences[self._pair].mean >= 0 else self._pair[::-1]
        return f"between {one} and {other}"

    @property
    def word(self) -> Decided:
        return "SUPPORTED" if max(abs(one.mean) for one in self._samples) < self.margin else "REFUTED"

    def p(self, seeds: np.ndarray) -> np.ndarray:
        """Two-sided, for each number of seeds; see ``Sample.p``."""
        inside = np.max([one.p(self.margin - abs(one.mean), seeds) for one in self._samples], axis=0)
        outside = np.min([one.p(abs(one.mean) - self.margin, seeds) for one in self._samples], axis=0)
        return np.asarray(np.minimum(1.0, 2 * np.minimum(inside, len(self._samples) * outside)))

    @property
    def _samples(self) -> list[Sample]:
        return list(self.differences.values())

    @cached_property
    def _pair(self) -> tuple[str, str]:
        """The one that is least sure to be inside, which is the surest to be outside; of one seed the largest."""

        def outside(pair: tuple[str, str]) -> tuple[float, float]:
            sample = self.differences[pair]
            size, seeds = abs(sample.mean), len(sample.values)
            return (float(sample.p(self.margin - size, np.array([seeds]))[0]) if seeds > 1 else 0.0), size

        return max(self.differences, key=outside)

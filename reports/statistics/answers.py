"""The answer of a table to a claim, or to a part of one: the effect, its interval and its tests."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reports.statistics.claims.kinds import AgreementClaim, Part, SimilarClaim
from reports.statistics.claims.questions import Question
from reports.statistics.hypothesis_tests.agreement import Agreement
from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.measured import Measured
from reports.statistics.noise.spread import MOST_FILLED

RATIO = 2.0
"""The ratio of a claim's own spread to the usual spread above which the report says so; also the inverse ratio."""


@dataclass(frozen=True)
class ContrastAnswer:
    """The answer to a claim about contrasts of means. Levels and p values are those of one look."""

    part: Part
    """The claim, or the part of one."""
    measured: Measured
    """The values of the metric in all cells."""
    question: Question
    """The contrasts and the margin of the claim."""
    decision: Decision
    """The tests of the contrasts."""

    @property
    def about(self) -> np.ndarray:
        """Whether the claim is about each cell, (cells,)."""
        return self.question.about

    @property
    def seeds(self) -> int:
        """The number of seeds that the effect is from; other contrasts of the claim may have more or fewer."""
        return int(self.decision.estimate.seeds[self.deciding])

    @cached_property
    def deciding(self) -> int:
        """The number of the contrast that is the effect."""
        return int(self.decision.deciding())

    @property
    def effect(self) -> float:
        """The effect, in units of the metric; NaN if no seed has all its cells."""
        return float(self.question.sign * self.decision.estimate.mean[self.deciding])

    @property
    def between(self) -> str:
        """The two sides of the effect in words, if the claim is about several differences; else empty."""
        return f"between {self.question.between[self.deciding]}" if self.question.between else ""

    @property
    def supported(self) -> float:
        """One-sided p of the hypothesis that the claim is false."""
        return float(self.decision.supported(self.question.margin))

    @property
    def refuted(self) -> float:
        """One-sided p of the hypothesis that the claim is true."""
        return float(self.decision.refuted(self.question.margin))

    def within(self, delta: float) -> float:
        """p of the hypothesis that the effect is as large as ``delta``, either way; 1 for a claim of similarity, whose
        margin asks this."""
        if isinstance(self.part, SimilarClaim):
            return 1.0
        return max(float(self.decision.supported(-delta)), float(self.decision.refuted(delta)))

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """The interval of the effect, from the chances that the effect is below and above it."""
        low, high = map(float, self.decision.interval(below, above))
        return (low, high) if self.question.sign > 0 else (max(0.0, -high), -low)

    @property
    def spreads(self) -> tuple[float, float]:
        """The spread of a cell by the claim's own cells, and the usual one; NaN if too few cells are there to know
        it."""
        estimate = self.decision.estimate
        return float(estimate.own[self.deciding]), float(estimate.usual[self.deciding])

    @property
    def notes(self) -> list[str]:
        """Notes for the reader, as parts of a sentence."""
        own, usual = self.spreads
        if np.isnan(usual) or own == 0 or max(own / usual, usual / own) <= RATIO:
            return []
        return [f"its cells spread by {own:.2g} over seeds (usual: {usual:.2g})"]

    @property
    def key(self) -> object:
        """A key that is equal for the same hypothesis about the same trials, in any study."""
        contrasts = tuple(contrast_key(self.measured, weights) for weights in self.question.weights)
        return self.measured.metric, contrasts, self.question.shape, self.question.margin


@dataclass(frozen=True)
class AgreementAnswer:
    """The answer to a claim that the cells come in the paper's order; the effect is a rank correlation."""

    part: AgreementClaim
    """The claim, or the part of one."""
    measured: Measured
    """The values of the metric in all cells."""
    agreement: Agreement
    """The cells that the paper has too."""
    about: np.ndarray
    """Whether the claim is about each cell, (cells,)."""
    factor: str = ""
    """A part of a sentence on the factor that explains the agreement; empty if there is none."""
    left_out: int = 0
    """The number of seeds that do not count, since too many of the cells have no result in them."""
    between: str = field(default="", init=False)
    """Empty: the effect is no difference."""

    @property
    def seeds(self) -> int:
        """The number of seeds that the effect is from; in each, nearly all cells have a result."""
        return int(self.agreement.values.shape[-1])

    @property
    def effect(self) -> float:
        """The rank correlation."""
        return self.agreement.rho

    @property
    def supported(self) -> float:
        """One-sided p of the hypothesis that the claim is false."""
        return self.agreement.supported(self.part.asked)

    @property
    def refuted(self) -> float:
        """One-sided p of the hypothesis that the claim is true."""
        return self.agreement.refuted(self.part.asked)

    def within(self, delta: float) -> float:
        """1: no correlation counts as too small to matter."""
        return 1.0

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """The interval of the correlation, from the chances that the correlation is below and above it."""
        return self.agreement.interval(below, above)

    @property
    def notes(self) -> list[str]:
        """Notes for the reader, as parts of a sentence."""
        chance = self.agreement.by_chance
        p = "< 0.001" if chance < 0.001 else f"{chance:.3f}"
        over = f"over {self.agreement.cells} cells; by chance as high with p {p}"
        return [over, *filter(None, [self._completed, self.factor])]

    @property
    def _completed(self) -> str:
        """A part of a sentence on the results that are missing; empty if none is."""
        filled = int(self.agreement.filled.sum())
        texts = [
            f"{filled} of {self.agreement.values.size} results are missing, and filled in from their cell and seed",
            f"seeds that do not count, as more than {100 * MOST_FILLED:.0f} % of the cells lack them: {self.left_out}",
        ]
        return "; ".join(text for text, count in zip(texts, (filled, self.left_out), strict=True) if count)

    @property
    def key(self) -> object:
        """A key that is equal for the same hypothesis about the same trials, in any study."""
        return "agreement", self.measured.metric, self.part.key, self.part.asked, _trials(self.measured, self.about)


Answer = ContrastAnswer | AgreementAnswer


def contrast_key(measured: Measured, weights: np.ndarray) -> object:
    """A key that is equal for the same contrast of the same trials."""
    return frozenset((tuple(measured.trials[cell]), round(float(weights[cell]), 9)) for cell in np.flatnonzero(weights))


def _trials(measured: Measured, cells: np.ndarray) -> object:
    return frozenset(map(tuple, measured.trials[cells]))

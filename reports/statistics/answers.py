"""What a table answers to one claim, or to one part of it: an effect, how sure it is, and the tests of it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reports.statistics.agreement import Agreement
from reports.statistics.claims import AgreementClaim, Part, SimilarClaim
from reports.statistics.decision import Decision
from reports.statistics.measured import Measured
from reports.statistics.questions import Question

RATIO = 2.0
"""How many times the spread that cells usually have a claim's own spread may be, before it is said."""


@dataclass(frozen=True)
class ContrastAnswer:
    """The answer to a question about contrasts of means. Levels and p values are those of one look."""

    part: Part
    """The claim, or the part of one."""
    measured: Measured
    question: Question
    decision: Decision

    @property
    def about(self) -> np.ndarray:
        """(cells,); which cells it is about."""
        return self.question.about

    @property
    def seeds(self) -> int:
        return int(self.decision.estimate.seeds.max())

    @cached_property
    def deciding(self) -> int:
        """The number of the contrast that is shown."""
        return int(self.decision.deciding())

    @property
    def effect(self) -> float:
        """NaN where no seed has it."""
        return float(self.question.sign * self.decision.estimate.mean[self.deciding])

    @property
    def between(self) -> str:
        """What the effect is between, where the claim is about several."""
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
        """p of the hypothesis that the effect is as large as delta, either way; 1 where that is not asked."""
        if isinstance(self.part, SimilarClaim):
            return 1.0
        return max(float(self.decision.supported(-delta)), float(self.decision.refuted(delta)))

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """The interval of the effect, by the chances that the effect is below and above it."""
        low, high = map(float, self.decision.interval(below, above))
        return (low, high) if self.question.sign > 0 else (max(0.0, -high), -low)

    @property
    def spreads(self) -> tuple[float, float]:
        """The claim's own spread of a cell, and the usual one; NaN where there are too few cells to know it."""
        estimate = self.decision.estimate
        return float(estimate.own[self.deciding]), float(estimate.usual[self.deciding])

    @property
    def notes(self) -> list[str]:
        """What a reader must know of it, as parts of a sentence."""
        own, usual = self.spreads
        if np.isnan(usual) or own == 0 or max(own / usual, usual / own) <= RATIO:
            return []
        return [f"its cells spread by {own:.2g} over seeds, where {usual:.2g} is usual"]

    @property
    def key(self) -> object:
        """The same for the same hypothesis about the same trials, whichever study states it."""
        contrasts = tuple(contrast_key(self.measured, weights) for weights in self.question.weights)
        return self.measured.metric, contrasts, self.question.shape, self.question.margin


@dataclass(frozen=True)
class AgreementAnswer:
    """The answer to how well the cells come in the paper's order."""

    part: AgreementClaim
    measured: Measured
    agreement: Agreement
    about: np.ndarray
    apart: str = ""
    """Where one factor makes all of it, as part of a sentence."""
    between: str = field(default="", init=False)

    @property
    def seeds(self) -> int:
        return int((~np.isnan(self.agreement.values)).sum(axis=-1).min())

    @property
    def effect(self) -> float:
        return self.agreement.rho

    @property
    def supported(self) -> float:
        return self.agreement.supported(self.part.asked)

    @property
    def refuted(self) -> float:
        return self.agreement.refuted(self.part.asked)

    def within(self, delta: float) -> float:
        return 1.0

    def interval(self, below: float, above: float) -> tuple[float, float]:
        return self.agreement.interval(below, above)

    @property
    def notes(self) -> list[str]:
        chance = self.agreement.by_chance
        p = "< 0.001" if chance < 0.001 else f"{chance:.3f}"
        return [f"over {self.agreement.cells} cells; by chance as high with p {p}", *filter(None, [self.apart])]

    @property
    def key(self) -> object:
        return "agreement", self.measured.metric, self.part.key, self.part.asked, _trials(self.measured, self.about)


Answer = ContrastAnswer | AgreementAnswer


def contrast_key(measured: Measured, weights: np.ndarray) -> object:
    """The same for the same contrast of the same trials."""
    return frozenset((tuple(measured.trials[cell]), round(float(weights[cell]), 9)) for cell in np.flatnonzero(weights))


def _trials(measured: Measured, cells: np.ndarray) -> object:
    return frozenset(map(tuple, measured.trials[cells]))

"""From the tests of claims to verdicts: several parts, several looks, several claims of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy.stats import false_discovery_control

from reports.cells.metric_names import unit_of
from reports.statistics.answers import Answer, ContrastAnswer
from reports.statistics.claims import Claim
from reports.statistics.looks import Looks, one_look, total_level

ALPHA = 0.05
"""The rate of false discoveries of a page, and so the chance that a single claim is judged wrongly."""
FEWEST_SEEDS = 3
"""Seeds, below which no verdict is taken."""
POINT = 1.0
"""The largest difference that does not matter where a claim says no other, for metrics that are percentages."""

LEAST = 1e-9
"""Of an error: less is the rounding of numbers that are the same."""

Word = Literal["SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"]
WORDS: tuple[Word, ...] = ("SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED")


@dataclass(frozen=True)
class Tested:
    """The tests of claims, as p values of all looks together; arrays of any shape."""

    direction: np.ndarray
    """Two-sided: that a claim is neither true nor false but by chance."""
    within: np.ndarray
    """That the effect is as large as what matters."""
    upward: np.ndarray
    """Whether it is rather true than false."""

    @property
    def p(self) -> np.ndarray:
        """The level from which on a verdict other than UNDECIDED is taken."""
        return np.asarray(np.minimum(self.direction, self.within))

    def words(self, alpha: np.ndarray | float) -> np.ndarray:
        """The verdicts at a level."""
        decided = np.where(self.upward, "SUPPORTED", "REFUTED")
        same = np.where(self.within <= alpha, "NO DIFFERENCE", "UNDECIDED")
        return np.asarray(np.where(self.direction <= alpha, decided, same))


def tested(
    supported: Sequence[Any],
    refuted: Sequence[Any],
    within: Sequence[Any],
    looks: Looks = (),
    choices: int | None = None,
) -> Tested:
    """From the p values of each part of a claim, at one look: one-sided ones that it is false, and that it is true, and
    that of a difference that matters.

    All parts must hold, so that the weakest supports the claim. Any part refutes it, which is a choice, as many times
    paid for as there are parts, or as there are ``choices``.
    """
    paid = choices or len(refuted)
    upward = np.max(supported, axis=0)
    downward, same = (np.minimum(1.0, paid * np.min(ps, axis=0)) for ps in (refuted, within))
    direction = np.minimum(1.0, 2 * np.minimum(upward, downward))
    return Tested(total_level(direction, looks), total_level(same, looks), upward < downward)


def level(ps: np.ndarray) -> np.ndarray:
    """The level of each verdict among claims (..., claims) with these p values, by Benjamini and Hochberg: the rate,
    times the part of the claims that are decided at it. It is that of one claim where none is."""
    decided = (false_discovery_control(ps, axis=-1) <= ALPHA).sum(axis=-1)
    return np.asarray(ALPHA * np.maximum(decided, 1) / ps.shape[-1])


@dataclass(frozen=True)
class Case:
    """A claim with the answer to each of its parts; a text in the place of an answer where there is none."""

    claim: Claim
    answers: Sequence[Answer | str]
    looks: Looks = ()
    paid: int = 1
    """How many parts there are to choose among: one that does not hold refutes the claim."""

    @property
    def open(self) -> bool:
        """Whether a verdict can be taken on any part."""
        return any(isinstance(answer, Answer) and not problem(answer) for answer in self.answers)

    @cached_property
    def tested(self) -> Tested:
        """A part that has no answer yet neither supports nor refutes the claim."""
        ps = [
            (1.0, 1.0, 1.0) if isinstance(a, str) or problem(a) else (a.supported, a.refuted, within(a))
            for a in self.answers
        ]
        supported, refuted, same = zip(*ps, strict=True)
        return tested(supported, refuted, same, self.looks, self.paid)

    @property
    def key(self) -> object:
        """The same for the same hypothesis, whichever study states it."""
        return tuple(answer if isinstance(answer, str) else answer.key for answer in self.answers)


@dataclass(frozen=True)
class Ruling:
    """The level of the verdicts of a page, and each claim's p among all of them."""

    claims: int
    """How many distinct claims a verdict can be taken on."""
    alpha: float
    """The level of each."""
    adjusted: dict[object, float] = field(default_factory=dict, repr=False)
    """The adjusted p of each, by its key."""

    def word(self, case: Case) -> Word:
        """The verdict on a claim."""
        word: Word = str(case.tested.words(self.alpha)) if case.open else "UNDECIDED"  # type: ignore[assignment]
        return word

    def tails(self, case: Case) -> tuple[float, float]:
        """The chances that an effect is below its interval, and above it, at one look."""
        one = float(one_look(self.alpha, case.looks))
        if self.word(case) == "NO DIFFERENCE":
            return one / case.paid, one / case.paid
        return one / 2, one / 2 / case.paid

    def small(self, case: Case) -> bool:
        """Whether the effect is certain, and as certainly smaller than what matters."""
        return self.word(case) in ("SUPPORTED", "REFUTED") and bool(case.tested.within <= self.alpha)

    @property
    def sentence(self) -> str:
        """What the page says of it; empty on a page with one claim."""
        if self.claims < 2:
            return ""
        return (
            f"{self.claims} distinct claims can be judged on this page. At most {100 * ALPHA:.0f} % of those that are "
            f"decided are expected to be wrong (Benjamini and Hochberg), and each is decided at {self.alpha:.2g}. "
            "Another page has other claims, so that a verdict may differ there."
        )


def rule(cases: Sequence[Case]) -> Ruling:
    """The procedure of Benjamini and Hochberg over the distinct claims of a page."""
    ps = {case.key: float(case.tested.p) for case in cases if case.open}
    if not ps:
        return Ruling(0, ALPHA)
    every = np.array(list(ps.values()))
    adjusted = dict(zip(ps, map(float, false_discovery_control(every)), strict=True))
    return Ruling(len(ps), float(level(every)), adjusted)


def problem(answer: Answer) -> str:
    """Why no verdict can be taken on an answer; empty where one can."""
    if np.isnan(answer.effect):
        return "no seed has a value in every cell that this is about"
    if answer.seeds < FEWEST_SEEDS:
        return "a verdict takes three seeds"
    if isinstance(answer, ContrastAnswer):
        if (answer.decision.estimate.seeds < 2).any():
            return "some of its cells have a result in one seed alone"
        if not (answer.decision.estimate.error > LEAST).all():
            return "its effect is the same in all seeds, which tells nothing of chance"
    return ""


def within(answer: Answer) -> float:
    """p of the hypothesis that the effect is as large as what matters; 1 where it is not said what matters, or where
    more than that is asked: then a smaller effect refutes the claim."""
    delta = matters(answer.part, answer.measured.metric)
    return 1.0 if delta is None or abs(answer.part.asked) >= delta else answer.within(delta)


def matters(claim: Claim, metric: str) -> float | None:
    """The smallest difference of a metric that matters to a claim."""
    return POINT if claim.delta is None and unit_of(metric) == "points" else claim.delta

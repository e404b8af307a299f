"""The words of the verdicts, from the tests of the claims, corrected for several parts, looks and claims of a page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from reports.cells.metric_names import unit_of
from reports.statistics.answers import Answer, ContrastAnswer
from reports.statistics.claims.kinds import Claim
from reports.statistics.hypothesis_tests.distributions import adjusted_for_false_discoveries
from reports.statistics.hypothesis_tests.looks import Looks, one_look, total_level

ALPHA = 0.05
"""The rate of false discoveries of a page; for a single claim, the chance that it is judged wrongly."""
FEWEST_SEEDS = 3
"""The fewest seeds with which a verdict is taken."""
POINT = 1.0
"""The largest difference of a percentage that does not matter, in points, if a claim gives no ``delta``."""

LEAST = 1e-9
"""The least standard error, and the least difference of means: a smaller one is the rounding of equal numbers."""

Word = Literal["SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"]
WORDS: tuple[Word, ...] = ("SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED")


def counts_text(verdicts: Iterable[tuple[str, bool]]) -> str:
    """``3 supported, 1 undecided (1 of them calibration)``, of verdicts by word and whether they are calibration."""
    found = list(verdicts)
    counts = Counter(word for word, _ in found)
    told = ", ".join(f"{counts[word]} {word.lower()}" for word in WORDS if counts[word]) or "no claims"
    calibrating = sum(calibration for _, calibration in found)
    return f"{told} ({calibrating} of them calibration)" if calibrating else told


@dataclass(frozen=True)
class Tested:
    """The p values of claims, for all looks together; arrays of one shape, with an element for each claim."""

    direction: np.ndarray
    """Two-sided p of the test whether the claim is true or false."""
    within: np.ndarray
    """p of the hypothesis that the effect is as large as what matters."""
    upward: np.ndarray
    """Whether the results speak for the claim rather than against it."""

    @property
    def p(self) -> np.ndarray:
        """The smallest level at which the verdict is not UNDECIDED."""
        return np.asarray(np.minimum(self.direction, self.within))

    def words(self, alpha: np.ndarray | float) -> np.ndarray:
        """The words of the verdicts at a level."""
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
    """The tests of a claim, from the p values of its parts at one look.

    Each argument has a p value for each part: ``supported`` and ``refuted`` are one-sided, of the hypotheses that the
    part is false and that it is true, and ``within`` is of the hypothesis that its effect is as large as what matters.

    All parts must hold, so the largest p supports the claim. Any part refutes it, so the smallest p counts as many
    times as there are parts to choose from (Bonferroni): ``choices``, or all parts given.
    """
    factor = choices or len(refuted)
    upward = np.max(supported, axis=0)
    downward, same = (np.minimum(1.0, factor * np.min(ps, axis=0)) for ps in (refuted, within))
    direction = np.minimum(1.0, 2 * np.minimum(upward, downward))
    return Tested(total_level(direction, looks), total_level(same, looks), upward < downward)


def level(ps: np.ndarray) -> np.ndarray:
    """The level of each verdict of a page, from the p values of its claims (..., claims).

    It is the rate of false discoveries times the part of the claims that are decided, after Benjamini and Hochberg; if
    none is, as if one were.
    """
    decided = (adjusted_for_false_discoveries(ps) <= ALPHA).sum(axis=-1)
    return np.asarray(ALPHA * np.maximum(decided, 1) / ps.shape[-1])


@dataclass(frozen=True)
class Case:
    """A claim with the answer to each of its parts."""

    claim: Claim
    answers: Sequence[Answer | str]
    """The answer to each part; the reason in words if there is none."""
    looks: Looks = ()
    """The numbers of seeds at which the claim is judged."""
    choices: int = 1
    """The number of parts to choose from: one that does not hold refutes the claim."""

    @property
    def open(self) -> bool:
        """Whether a verdict can be taken on any part."""
        return any(isinstance(answer, Answer) and not problem(answer) for answer in self.answers)

    @cached_property
    def tested(self) -> Tested:
        """The tests of the claim. A part without an answer neither supports nor refutes it."""
        ps = [
            (1.0, 1.0, 1.0) if isinstance(a, str) or problem(a) else (a.supported, a.refuted, within(a))
            for a in self.answers
        ]
        supported, refuted, same = zip(*ps, strict=True)
        return tested(supported, refuted, same, self.looks, self.choices)

    @property
    def key(self) -> object:
        """A key that is equal for claims with the same tests of the same trials, in any study."""
        parts = ((a, None) if isinstance(a, str) else (a.key, matters(a.part, a.measured.metric)) for a in self.answers)
        return self.looks, *parts


@dataclass(frozen=True)
class Ruling:
    """The level of the verdicts of a page, and each claim's p among all of them."""

    claims: int
    """The number of distinct claims that a verdict can be taken on."""
    alpha: float
    """The level of each verdict."""
    adjusted: dict[object, float] = field(default_factory=dict, repr=False)
    """The adjusted p of each claim, by the claim's key."""

    def word(self, case: Case) -> Word:
        """The word of the verdict on a claim."""
        word: Word = str(case.tested.words(self.alpha)) if case.open else "UNDECIDED"  # type: ignore[assignment]
        return word

    def tails(self, case: Case) -> tuple[float, float]:
        """The chances that an effect is below its interval, and above it, at one look."""
        one = float(one_look(self.alpha, case.looks))
        if self.word(case) == "NO DIFFERENCE":
            return one / case.choices, one / case.choices
        return one / 2, one / 2 / case.choices

    def small(self, case: Case) -> bool:
        """Whether the effect is certain, and also certainly smaller than what matters."""
        return self.word(case) in ("SUPPORTED", "REFUTED") and bool(case.tested.within <= self.alpha)

    @property
    def sentence(self) -> str:
        """The sentences of a page on the level of its verdicts; empty with a single claim."""
        if self.claims < 2:
            return ""
        return (
            f"{self.claims} distinct claims can be judged on this page. At most {100 * ALPHA:.0f} % of those that are "
            f"decided are expected to be wrong (Benjamini and Hochberg), and each is decided at {self.alpha:.2g}. "
            "Another page has other claims, so a verdict may differ there."
        )


def rule(cases: Sequence[Case]) -> Ruling:
    """The ruling over the distinct claims of a page, by the procedure of Benjamini and Hochberg (1995)."""
    ps = {case.key: float(case.tested.p) for case in cases if case.open}
    if not ps:
        return Ruling(0, ALPHA)
    every = np.array(list(ps.values()))
    adjusted = dict(zip(ps, map(float, adjusted_for_false_discoveries(every)), strict=True))
    return Ruling(len(ps), float(level(every)), adjusted)


def problem(answer: Answer) -> str:
    """The reason why no verdict can be taken on an answer; empty if one can."""
    if np.isnan(answer.effect):
        return "no seed has a value in every cell that this is about"
    if answer.seeds < FEWEST_SEEDS:
        return "a verdict takes three seeds"
    if isinstance(answer, ContrastAnswer):
        if (answer.decision.estimate.seeds < 2).any():
            return "some of its cells have a result in one seed alone"
        if not (answer.decision.estimate.error > LEAST).all():
            return "its effect is the same in all seeds, which tells nothing of chance"
    elif np.ptp(answer.agreement.means) <= LEAST:
        return "all its cells have the same value, which is no order"
    return ""


def within(answer: Answer) -> float:
    """p of the hypothesis that the effect is as large as what matters.

    It is 1 if the claim does not say what matters, or if it asks for more than that: then a smaller effect refutes it.
    """
    delta = matters(answer.part, answer.measured.metric)
    return 1.0 if delta is None or abs(answer.part.asked) >= delta else answer.within(delta)


def matters(claim: Claim, metric: str) -> float | None:
    """The smallest difference of a metric that matters to a claim, in units of the metric; None if it is not said."""
    return POINT if claim.delta is None and unit_of(metric) == "points" else claim.delta

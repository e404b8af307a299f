"""The verdicts on claims of the paper in one's own results, in words and numbers.

SUPPORTED rejects that the claim is false. REFUTED rejects that it is true. NO DIFFERENCE rejects that the effect is as
large as what matters, either way. UNDECIDED rejects nothing. ``docs/verdicts.md`` explains how each is taken.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from reports.cells.metric_names import unit_of
from reports.cells.names import signed
from reports.statistics.answers import Answer, ContrastAnswer
from reports.statistics.claims.kinds import BASELINE, AgreementClaim, AllClaim, Claim, SimilarClaim, parts_of
from reports.statistics.hypothesis_tests.forecast import MOST_SEEDS, finds_with_any_seeds, seeds_for, seeds_may_decide
from reports.statistics.hypothesis_tests.looks import Looks
from reports.statistics.page import Judged, Page
from reports.statistics.ruling import FEWEST_SEEDS, Case, Ruling, Word, matters, problem, rule
from reports.statistics.seeds import TEST_IMAGES

TINY = 1e-9
"""Smallest width of an interval that is divided by."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim, or on a part of one."""

    claim: Claim
    """The claim, with its metric filled in."""
    word: Word
    """The word of the verdict."""
    reason: str
    """The reason in words: effect, interval, number of seeds and p, or what is missing; and what would decide it."""
    cells: list[dict[str, str]] = field(default_factory=list)
    """The values of the axes in each cell that the claim is about; of a baseline ``{"baseline": its name}``."""
    mean: float | None = None
    """The mean effect over the seeds; None if no seed has it. For several parts, the effect of the deciding one."""
    interval: tuple[float, float] | None = None
    """The interval of the effect; None if no verdict can be taken."""
    level: float | None = None
    """The level of the interval, such as 0.983: the one at which the verdict is taken."""
    seeds: int = 0
    """The number of seeds that the effect is from."""
    p: float | None = None
    """The p value, adjusted for all claims of the page; None if no verdict can be taken."""
    takes: str = ""
    """A sentence on what would decide an undecided claim; empty if it is decided."""
    seeds_needed: int | None = None
    """The number of seeds that would find an effect that matters four times in five; None for a decided claim, above
    ``MOST_SEEDS``, and if it is not known."""
    needs_images: bool = False
    """Whether the claim is undecided and more seeds would hardly decide it, but more test images would."""
    about: str = ""
    """The two sides of the deciding difference in words, if the claim is about several differences; else empty."""
    small: bool = False
    """Whether the effect is certain, and also certainly smaller than what matters."""
    notes: tuple[str, ...] = ()
    """Notes for the reader, such as on a spread that is far from the usual one."""
    parts: tuple["Verdict", ...] = ()
    """The verdicts on the parts of the claim, each at the level of the whole; empty if it has no parts."""
    varied: tuple[str, ...] = ()
    """The random choices that differ between the seeds of a cell."""
    fixed: tuple[str, ...] = ()
    """The random choices that are the same in all seeds, so that the verdict does not cover them."""
    ruling: Ruling | None = field(default=None, repr=False)
    """The level of all verdicts of the page."""

    @property
    def calibration(self) -> bool:
        """Whether the scale was chosen so that this effect shows."""
        return bool(self.claim.calibration)

    @property
    def unit(self) -> str:
        """The unit of effect, interval and margin."""
        return "rank correlation" if isinstance(self.claim, AgreementClaim) else unit_of(self.claim.metric or "")

    @property
    def measure(self) -> str:
        """The effect with its unit and its two sides: ``+3.1 points between crop and blur``."""
        return " ".join(filter(None, (self.text(self.mean or 0.0), self.unit, self.about)))

    @property
    def asked(self) -> str:
        """The bound that the claim asks for, as ``more than 3``; empty if any effect is enough."""
        bound = "less" if isinstance(self.claim, SimilarClaim) else "more"
        return f"{bound} than {self.claim.asked:g}" if self.claim.asked else ""

    @property
    def matters(self) -> str:
        """The smallest effect that would matter, as ``1 point``; empty if it is not said."""
        delta = matters(self.claim, self.claim.metric or "")
        return "" if delta is None else amount(delta, self.unit)

    @property
    def level_text(self) -> str:
        """The level of the interval, as ``98.3 %``; empty if there is none."""
        return "" if self.level is None else f"{100 - float(f'{100 * (1 - self.level):.2g}'):.5g} %"

    @property
    def interval_text(self) -> str:
        """The interval, as ``+0.4 to +3.1``; empty if there is none."""
        return "" if self.interval is None else " to ".join(map(self.text, self.interval))

    def text(self, value: float) -> str:
        """A value of the effect as text, with its sign: two digits after the point for a correlation."""
        return f"{value:+.2f}" if isinstance(self.claim, AgreementClaim) else signed(value)


def judge(
    claims: Sequence[Claim], table: pd.DataFrame, axes: list[str], metric: str, looks: Looks = ()
) -> list[Verdict]:
    """The verdicts on the claims of one study, on its own page. ``table`` and ``axes`` are as in ``StudyReport``."""
    return judge_page([Judged(claims, table, axes, metric, looks)])[0]


def judge_page(studies: Sequence[Judged]) -> list[list[Verdict]]:
    """The verdicts on the claims of several studies on one page; a list for each study."""
    page = Page(studies)
    cases = [[_case(page, number, claim) for claim in study.claims] for number, study in enumerate(studies)]
    ruling = rule([case for of_study in cases for case in of_study])
    return [
        [_with_seeds(_verdict(case, ruling, study.metric), study.varied, _fixed(case, study)) for case in of_study]
        for study, of_study in zip(studies, cases, strict=True)
    ]


def _with_seeds(found: Verdict, varied: tuple[str, ...], fixed: tuple[str, ...]) -> Verdict:
    """The verdict and its parts with the random choices that seeds vary and those that they do not."""
    parts = tuple(_with_seeds(part, varied, fixed) for part in found.parts)
    return replace(found, varied=varied, fixed=fixed, parts=parts)


def _fixed(case: Case, study: Judged) -> tuple[str, ...]:
    """The random choices that the verdict does not cover. If the interval covers the choice of test images, they are
    left out."""
    covered = all(isinstance(one, ContrastAnswer) and one.measured.correct is not None for one in case.answers)
    return tuple(each for each in study.fixed if each != TEST_IMAGES or not covered)


def _case(page: Page, number: int, claim: Claim) -> Case:
    parts = parts_of(claim)
    return Case(claim, [page.answer(number, part) for part in parts], page.studies[number].looks, len(parts))


def _verdict(case: Case, ruling: Ruling, metric: str) -> Verdict:
    if isinstance(case.claim, AllClaim):
        return _of_parts(case, ruling, metric)
    claim = case.claim.model_copy(update={"metric": case.claim.metric or metric})
    (answer,) = case.answers
    if isinstance(answer, str):
        return Verdict(claim, "UNDECIDED", answer, ruling=ruling)
    found = Verdict(
        claim,
        ruling.word(case),
        "",
        cells=_cells(answer),
        mean=None if np.isnan(answer.effect) else answer.effect,
        seeds=answer.seeds,
        about=answer.between,
        ruling=ruling,
    )
    return _undecidable(found, answer, problem(answer)) if problem(answer) else _tested(found, answer, case, ruling)


def _undecidable(found: Verdict, answer: Answer, why: str) -> Verdict:
    """The verdict on a claim that cannot be judged yet."""
    takes = "more seeds: --seeds 3" if found.mean is not None and answer.seeds < FEWEST_SEEDS else "results"
    shown = f"{found.measure} in {_count(found.seeds, 'seed')}; " if found.mean is not None else ""
    return replace(found, reason=f"{shown}{why}", takes=takes)


def _tested(found: Verdict, answer: Answer, case: Case, ruling: Ruling) -> Verdict:
    below, above = ruling.tails(case)
    is_open = found.word == "UNDECIDED"
    found = replace(
        found,
        interval=answer.interval(below, above),
        level=1 - below - above,
        p=ruling.adjusted.get(case.key),
        small=ruling.small(case),
        notes=tuple(answer.notes),
        takes=_what_it_takes(answer, below + above) if is_open else "",
        seeds_needed=_seeds_needed(answer, below + above) if is_open else None,
        needs_images=is_open and _needs_images(answer, below + above),
    )
    return replace(found, reason=_reason(found))


def _reason(found: Verdict) -> str:
    asked = f", {found.asked} asked" if found.asked else ""
    among = f" among {found.ruling.claims} claims" if found.ruling and found.ruling.claims > 1 else ""
    effect = f"{found.measure}, {found.level_text} interval {found.interval_text}, over {found.seeds} seeds{asked}"
    effect += "" if found.p is None else f"; p {p_text(found.p)}{among}"
    none = f"no difference larger than {found.matters}: " if found.word == "NO DIFFERENCE" else ""
    small = [f"small: less than {found.matters}, either way"] if found.small else []
    return none + "; ".join([effect, *small, *found.notes, *([found.takes] if found.takes else [])])


def _of_parts(case: Case, ruling: Ruling, metric: str) -> Verdict:
    """The verdict on a claim with parts: it shows the effect of the deciding part, and its reason names all parts.

    The deciding part is, of those that have the claim's own word, the one that is least certainly as claimed.
    """
    parts = [
        _verdict(Case(part, [answer], case.looks, case.choices), ruling, metric)
        for part, answer in zip(parts_of(case.claim), case.answers, strict=True)
    ]
    word = ruling.word(case)
    shown = min([part for part in parts if part.word == word] or parts, key=_distance)
    return replace(
        shown,
        claim=case.claim.model_copy(update={"metric": shown.claim.metric}),
        word=word,
        cells=_each_once(cell for part in parts for cell in part.cells),
        p=ruling.adjusted.get(case.key),
        parts=tuple(parts),
        notes=(),
        reason="; ".join(f"{part.claim.says} ({part.word}: {part.reason})" for part in parts),
    )


def _distance(part: Verdict) -> float:
    """The effect beyond what a part asks, in widths of its interval, so that units do not count; most for no effect."""
    if part.mean is None or part.interval is None:
        return math.inf
    low, high = part.interval
    beyond = part.mean - part.claim.asked
    return (-beyond if isinstance(part.claim, SimilarClaim) else beyond) / max(high - low, TINY)


def _what_it_takes(answer: Answer, alpha: float) -> str:
    """The number of seeds that would find an effect that matters, in words; no forecast from the effect just seen."""
    delta = _found(answer)
    if delta is None or not isinstance(answer, ContrastAnswer):
        return "more seeds"
    same = isinstance(answer.part, SimilarClaim)
    found = amount(delta if same else answer.part.asked + delta, unit_of(answer.measured.metric))
    what = f"that no two are {found} apart" if same else f"an effect of {found}"
    if not finds_with_any_seeds(answer.decision, delta, alpha, same):
        return f"no number of seeds would find {what} four times in five: that takes more test images"
    seeds = _seeds_needed(answer, alpha)
    number = f"{seeds} seeds" if seeds else f"more than {MOST_SEEDS:,} seeds"
    return f"with {number} {what} would be found four times in five"


def _needs_images(answer: Answer, alpha: float) -> bool:
    """Whether neither an effect that matters nor the effect so far would be found with any number of seeds."""
    delta = _found(answer)
    if delta is None or not isinstance(answer, ContrastAnswer):
        return False
    same = isinstance(answer.part, SimilarClaim)
    if finds_with_any_seeds(answer.decision, delta, alpha, same):
        return False
    small = None if same or abs(answer.part.asked) >= delta else delta
    return not seeds_may_decide(answer.decision, answer.question.margin, small, alpha)


def _seeds_needed(answer: Answer, alpha: float) -> int | None:
    """The number of seeds that would find an effect that matters; None above ``MOST_SEEDS``, and if it is not known."""
    delta = _found(answer)
    if delta is None or not isinstance(answer, ContrastAnswer):
        return None
    return seeds_for(answer.decision, delta, alpha, equivalence=isinstance(answer.part, SimilarClaim))


def _found(answer: Answer) -> float | None:
    """The distance from the margin that more seeds are to find; None if nothing says how much matters."""
    if not isinstance(answer, ContrastAnswer):
        return None
    part = answer.part
    return part.asked if isinstance(part, SimilarClaim) else matters(part, answer.measured.metric)


def _cells(answer: Answer) -> list[dict[str, str]]:
    cells = answer.measured.cells[answer.about].to_dict("records")
    return [_cell({str(axis): str(value) for axis, value in cell.items()}) for cell in cells]


def _cell(values: dict[str, str]) -> dict[str, str]:
    """The values of a cell, or the name of a baseline alone."""
    name = values.pop(BASELINE, "")
    return {BASELINE: name} if name else values


def _each_once(cells: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return list({tuple(cell.items()): cell for cell in cells}.values())


def _count(number: int, name: str) -> str:
    return f"one {name}" if number == 1 else f"{number} {name}s"


def amount(value: float, unit: str) -> str:
    """A value with its unit: ``1 point``, ``0.5 points``, ``0.2 nats``."""
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}".rstrip()


def p_text(p: float) -> str:
    """A p value as text: ``0.047``, or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"

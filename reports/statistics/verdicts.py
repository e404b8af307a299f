"""Whether claims of the paper hold in one's own results."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from reports.cells.metric_names import unit_of
from reports.cells.names import signed
from reports.statistics.effects import VALUE, Agreement, Effect, NotInGridError, Similar
from reports.statistics.sample import CONFIDENCE, Sample
from reports.statistics.significance import Above, Within

MOST_SEEDS = 1000

Word = Literal["SUPPORTED", "REFUTED", "UNDECIDED"]


@dataclass(frozen=True)
class Claim:
    """What the paper says, and the effect that is above a margin where it holds (or differences that are below)."""

    says: str
    """In the paper's words or close to them."""
    source: str
    """Where the paper says it."""
    effect: Effect
    margin: float = 0.0
    """In the effect's units."""
    metric: str | None = None
    """None: the report's."""


@dataclass(frozen=True)
class Measured:
    """A claim's effect in each seed that is complete."""

    claim: Claim
    seeds: int
    """That are complete."""
    question: Above | Within | None
    """None below one seed."""
    cells: pd.DataFrame
    """The rows that it is about, finished or not."""
    missing: str = ""
    """Why there is no effect."""

    def p(self, seeds: Sequence[int]) -> list[float]:
        """Of the claim, for each number of seeds, were mean and spread to stay as they are."""
        return [] if self.question is None else self.question.p(np.array(seeds)).tolist()


@dataclass(frozen=True)
class Verdict:
    """What the results say of a claim."""

    claim: Claim
    word: Word
    reason: str
    """Effect, interval, number of seeds and p, or what is missing; and what it would take to decide it."""
    cells: list[dict[str, str]] = field(default_factory=list)
    """The values of the axes in each cell that the claim is about."""
    mean: float | None = None
    """The effect over the seeds; None where no seed is complete."""
    interval: tuple[float, float] | None = None
    """Of the mean, at 95 %; None below two seeds."""
    seeds: int = 0
    """That are complete."""
    p: float | None = None
    """Corrected for the number of claims; None below two seeds."""
    takes: str = ""
    """What it would take to decide it; empty where it is decided."""
    about: str = ""
    """What the effect is between, where the claim is about several differences and this is the one that decides."""

    @property
    def unit(self) -> str:
        """Of effect, interval and margin."""
        return "rank correlation" if isinstance(self.claim.effect, Agreement) else unit_of(self.claim.metric or "")

    @property
    def measure(self) -> str:
        """The effect with its unit, and what it is between."""
        return " ".join(filter(None, (self.text(self.mean or 0.0), self.unit, self.about)))

    @property
    def asked(self) -> str:
        """Of the effect, as ``more than 3``; nothing where any effect will do."""
        bound = "less" if isinstance(self.claim.effect, Similar) else "more"
        return f"{bound} than {self.claim.margin:g}" if self.claim.margin else ""

    def text(self, value: float) -> str:
        """With as many digits as the unit deserves, and a sign."""
        return f"{value:+.2f}" if isinstance(self.claim.effect, Agreement) else signed(value)


def judge(claims: list[Claim], table: pd.DataFrame, axes: list[str], metric: str) -> list[Verdict]:
    """``table`` and ``axes`` as in ``StudyReport``.

    A seed counts once all cells that the claim is about have a value, and the effect is taken within it, so that what
    all cells of a seed have in common cancels. A verdict takes two seeds at least, and that the mean effect differs
    from the margin at 5 % by Student's test, corrected by Holm for all claims of the study that have two seeds. The
    best of many cells is helped by chance more than the best of few: a claim that pits 42 cells against 7 is the surer
    the larger its margin.
    """
    measured = [_measure(claim, table, axes, claim.metric or metric) for claim in claims]
    tested = [one for one in measured if one.seeds > 1]
    corrected = dict(zip(map(id, tested), holm([one.p([one.seeds])[0] for one in tested]), strict=True))
    return [_verdict(one, corrected.get(id(one)), len(tested), axes) for one in measured]


def holm(ps: list[float]) -> list[float]:
    """Holm's correction of p values for being many (Holm 1979)."""
    corrected, largest = [0.0] * len(ps), 0.0
    for rank, number in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[number]))
        corrected[number] = largest
    return corrected


def _measure(claim: Claim, table: pd.DataFrame, axes: list[str], metric: str) -> Measured:
    claim = replace(claim, metric=metric)
    grid = table[table["baseline"] == ""]
    values = pd.to_numeric(grid[metric]) if metric in grid else float("nan")
    rows = grid[axes].astype(str).assign(seed=grid["seed"], **{VALUE: values})
    rows.loc[grid["state"] != "finished", VALUE] = float("nan")
    try:
        rows = rows[claim.effect.about(rows)]
        if stopped := int((grid.loc[rows.index, "state"] == "stopped").sum()):
            return Measured(claim, 0, None, rows, f"{stopped} of its {len(rows)} trials were stopped early")
        seeds = [seed for _, seed in rows.groupby("seed") if not seed[VALUE].isna().any() and len(seed) == _cells(rows)]
        return Measured(claim, len(seeds), _question(claim, seeds), rows)
    except NotInGridError as error:
        return Measured(claim, 0, None, rows.iloc[:0], str(error))


def _question(claim: Claim, seeds: list[pd.DataFrame]) -> Above | Within | None:
    """What is asked of the effect in each of the seeds."""
    if not seeds:
        return None
    if not isinstance(claim.effect, Similar):
        return Above(Sample(tuple(map(claim.effect.effect, seeds))), claim.margin)
    found = [claim.effect.differences(seed) for seed in seeds]
    return Within({pair: Sample(tuple(one[pair] for one in found)) for pair in found[0]}, claim.margin)


def _cells(rows: pd.DataFrame) -> int:
    return len(rows.drop(columns=["seed", VALUE]).drop_duplicates())


def _verdict(measured: Measured, p: float | None, tests: int, axes: list[str]) -> Verdict:
    claim, n, question = measured.claim, measured.seeds, measured.question
    distinct = measured.cells[axes].drop_duplicates()
    cells = [dict(zip(axes, cell, strict=True)) for cell in distinct.itertuples(index=False, name=None)]
    if question is None:
        missing = measured.missing or "no seed has a value in every cell that this is about"
        return Verdict(claim, "UNDECIDED", missing, cells, takes="" if measured.missing else "a seed that is complete")
    mean, about = question.shown.mean, question.about
    if p is None:
        one = Verdict(claim, "UNDECIDED", "", cells, mean, seeds=1, takes="more seeds: --seeds 3", about=about)
        return replace(one, reason=f"{one.measure} in one seed; a verdict takes {one.takes}")
    word: Word = question.word if p < 1 - CONFIDENCE else "UNDECIDED"
    takes = _what_it_takes(measured, tests) if word == "UNDECIDED" else ""
    found = Verdict(claim, word, "", cells, mean, question.shown.interval, n, p, takes, about)
    return replace(found, reason=_reason(found, question.shown.interval, tests))


def _reason(verdict: Verdict, interval: tuple[float, float], tests: int) -> str:
    asked = f", {verdict.asked} asked" if verdict.asked else ""
    corrected = f" (Holm, {tests} claims)" if tests > 1 else ""
    low, high = map(verdict.text, interval)
    told = (
        f"{verdict.measure}, 95 % interval {low} to {high}, over {verdict.seeds} "
        f"seeds{asked}; p {p_text(verdict.p or 0.0)}{corrected}"
    )
    return f"{told}; {verdict.takes}" if verdict.takes else told


def p_text(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _what_it_takes(measured: Measured, tests: int) -> str:
    """Seeds that would decide it, were mean and spread to stay as they are."""
    more = range(measured.seeds + 1, MOST_SEEDS + 1)
    for n, p in zip(more, measured.p(more), strict=True):
        if p < (1 - CONFIDENCE) / tests:
            return f"about {n} seeds would decide it, if its spread stays"
    return f"{MOST_SEEDS:,} seeds would not decide it: it is about as large as the margin"

"""Whether claims of the paper hold in one's own results."""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import bootstrap
from scipy.stats import t as student

from reports.effects import VALUE, Agreement, Effect, NotInGridError
from reports.metric_names import unit_of
from reports.names import signed

CONFIDENCE = 0.95
BOOTSTRAP_SEEDS = 10
"""From so many seeds on the interval is the bootstrap's; of fewer values it would be too narrow, and is Student's."""
MOST_SEEDS = 1000

Word = Literal["SUPPORTED", "REFUTED", "UNDECIDED"]


@dataclass(frozen=True)
class Claim:
    """What the paper says, and the effect that is above a margin where it holds."""

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
    effects: tuple[float, ...]
    cells: pd.DataFrame
    """The rows that it is about, finished or not."""
    missing: str = ""
    """Why there is no effect."""

    @property
    def mean(self) -> float:
        return sum(self.effects) / len(self.effects)

    @property
    def error(self) -> float:
        """Standard error of the mean; of one seed unknown."""
        return float(np.std(self.effects, ddof=1)) / math.sqrt(len(self.effects))

    @property
    def p(self) -> float:
        """Of Student's paired test, two-sided, of the effect against the margin."""
        distance = abs(self.mean - self.claim.margin)
        if self.error == 0:
            return 0.0 if distance else 1.0
        return 2 * float(student.sf(distance / self.error, len(self.effects) - 1))

    @property
    def interval(self) -> tuple[float, float]:
        """Of the mean, at 95 %."""
        if len(self.effects) >= BOOTSTRAP_SEEDS and self.error > 0:
            found = bootstrap([self.effects], np.mean, confidence_level=CONFIDENCE, rng=np.random.default_rng(0))
            return float(found.confidence_interval.low), float(found.confidence_interval.high)
        reach = float(student.ppf(0.5 + CONFIDENCE / 2, len(self.effects) - 1)) * self.error
        return self.mean - reach, self.mean + reach


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

    @property
    def unit(self) -> str:
        """Of effect, interval and margin."""
        return "rank correlation" if isinstance(self.claim.effect, Agreement) else unit_of(self.claim.metric or "")

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
    tested = [one for one in measured if len(one.effects) > 1]
    corrected = dict(zip(map(id, tested), holm([one.p for one in tested]), strict=True))
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
            return Measured(claim, (), rows, f"{stopped} of its {len(rows)} trials were stopped early")
        seeds = [seed for _, seed in rows.groupby("seed") if not seed[VALUE].isna().any() and len(seed) == _cells(rows)]
        return Measured(claim, tuple(claim.effect.effect(seed) for seed in seeds), rows)
    except NotInGridError as error:
        return Measured(claim, (), rows.iloc[:0], str(error))


def _cells(rows: pd.DataFrame) -> int:
    return len(rows.drop(columns=["seed", VALUE]).drop_duplicates())


def _verdict(measured: Measured, p: float | None, tests: int, axes: list[str]) -> Verdict:
    claim, n = measured.claim, len(measured.effects)
    distinct = measured.cells[axes].drop_duplicates()
    cells = [dict(zip(axes, cell, strict=True)) for cell in distinct.itertuples(index=False, name=None)]
    if n == 0:
        missing = measured.missing or "no seed has a value in every cell that this is about"
        return Verdict(claim, "UNDECIDED", missing, cells, takes="" if measured.missing else "a seed that is complete")
    if p is None:
        one = Verdict(claim, "UNDECIDED", "", cells, measured.mean, seeds=1, takes="more seeds: --seeds 3")
        told = f"{one.text(measured.mean)} {one.unit} in one seed; a verdict takes {one.takes}"
        return replace(one, reason=told)
    word: Word = "UNDECIDED"
    if p < 1 - CONFIDENCE:
        word = "SUPPORTED" if measured.mean > claim.margin else "REFUTED"
    takes = _what_it_takes(measured, tests) if word == "UNDECIDED" else ""
    found = Verdict(claim, word, "", cells, measured.mean, measured.interval, n, p, takes)
    return replace(found, reason=_reason(found, measured.interval, tests))


def _reason(verdict: Verdict, interval: tuple[float, float], tests: int) -> str:
    margin = verdict.claim.margin
    asked = f", more than {margin:g} asked" if margin else ""
    corrected = f" (Holm, {tests} claims)" if tests > 1 else ""
    low, high = map(verdict.text, interval)
    told = (
        f"{verdict.text(verdict.mean or 0.0)} {verdict.unit}, 95 % interval {low} to {high}, over {verdict.seeds} "
        f"seeds{asked}; p {p_text(verdict.p or 0.0)}{corrected}"
    )
    return f"{told}; {verdict.takes}" if verdict.takes else told


def p_text(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _what_it_takes(measured: Measured, tests: int) -> str:
    """Seeds that would decide it, were mean and spread to stay as they are."""
    distance = abs(measured.mean - measured.claim.margin)
    deviation = measured.error * math.sqrt(len(measured.effects))
    for n in range(len(measured.effects) + 1, MOST_SEEDS + 1):
        if 2 * student.sf(distance / deviation * math.sqrt(n), n - 1) < (1 - CONFIDENCE) / tests:
            return f"about {n} seeds would decide it, if its spread stays"
    return f"{MOST_SEEDS:,} seeds would not decide it: it is about as large as the margin"

"""Differences of cells from a reference, each with its interval: the estimates of the verdicts, without a claim."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.statistics.claims.kinds import BetterClaim
from reports.statistics.page import Judged, Page
from reports.statistics.ruling import ALPHA, problem

Cell = Mapping[str, str]
"""The value of each axis, as text."""


@dataclass(frozen=True)
class Difference:
    """How much better one cell is than another, over the seeds that both have."""

    effect: float
    """NaN where no seed has both."""
    low: float = math.nan
    """The lower end of the interval at 95 %, by itself; NaN below three seeds."""
    high: float = math.nan
    """The upper end."""


def differences(study: Judged, pairs: Sequence[tuple[Cell, Cell]]) -> list[Difference]:
    """For each pair of cells, how much better the first is than the second.

    Axes that a cell does not name are averaged. The spread of a cell is estimated as for verdicts: from its own seeds
    and those of the study's other cells.
    """
    claims = [BetterClaim(says="", cells=[dict(one)], than=[dict(other)], by="mean") for one, other in pairs]
    page = Page([Judged(claims, study.table, study.axes, study.metric)])
    return [_difference(page, claim) for claim in claims]


def _difference(page: Page, claim: BetterClaim) -> Difference:
    answer = page.answer(0, claim)
    if isinstance(answer, str):
        return Difference(math.nan)
    if problem(answer):
        return Difference(answer.effect)
    return Difference(answer.effect, *answer.interval(ALPHA / 2, ALPHA / 2))

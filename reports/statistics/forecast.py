"""How many seeds would find an effect of a named size: a statement about a design, never about the effect just seen."""

import numpy as np
from scipy.stats import nct, norm
from scipy.stats import t as student

from reports.statistics.decision import Decision

MOST_SEEDS = 1000
POWER = 0.8


def seeds_for(decision: Decision, effect: float, alpha: float, equivalence: bool = False) -> int | None:
    """The fewest seeds, more than there are, with which an effect that lies so far beyond the margin is found four
    times in five at the level ``alpha``; None above 1,000. With ``equivalence``, with which no difference at all is
    found to be smaller than ``effect``."""
    number, estimate = int(decision.deciding()), decision.estimate
    now = float(estimate.seeds[number])
    seeds = np.arange(int(now) + 1, MOST_SEEDS + 1)
    error = estimate.error[number] * np.sqrt(now / seeds)
    freedom = estimate.freedom[number] + seeds - now
    choices = 1 if equivalence else decision.shape[0]
    critical = student.isf(alpha / (2 * choices), freedom)
    power = 2 * norm.cdf(effect / error - critical) - 1 if equivalence else nct.sf(critical, freedom, effect / error)
    enough = np.flatnonzero(power >= POWER)
    return int(seeds[enough[0]]) if len(enough) else None

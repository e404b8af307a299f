"""The number of seeds that would find an effect of a given size.

It is a statement about the design, never a forecast from the effect just seen.
"""

import numpy as np

from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.hypothesis_tests.distributions import (
    normal_above,
    shifted_student_above,
    student_quantile_above,
)

MOST_SEEDS = 1000
"""The largest number of seeds that is looked at."""
POWER = 0.8
"""The chance that the effect is found."""


def seeds_for(decision: Decision, effect: float, alpha: float, equivalence: bool = False) -> int | None:
    """The fewest seeds, more than there are now, that find an effect with the chance ``POWER``; None above
    ``MOST_SEEDS``.

    ``effect`` is the distance of the true effect from the margin, and ``alpha`` the two-sided level. With
    ``equivalence``, the seeds that find a true difference of 0 to be smaller than ``effect``.
    """
    number, estimate = int(decision.deciding()), decision.estimate
    now = float(estimate.seeds[number])
    seeds = np.arange(int(now) + 1, MOST_SEEDS + 1)
    error = estimate.error[number] * np.sqrt(now / seeds)
    freedom = estimate.freedom[number] + seeds - now
    choices = 1 if equivalence else decision.shape[0]
    critical = student_quantile_above(alpha / (2 * choices), freedom)
    shift = effect / error
    power = 1 - 2 * normal_above(shift - critical) if equivalence else shifted_student_above(critical, freedom, shift)
    enough = np.flatnonzero(power >= POWER)
    return int(seeds[enough[0]]) if len(enough) else None

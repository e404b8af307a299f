"""The number of seeds that would find an effect of a given size.

It is a statement about the design, never a forecast from the effect just seen; only ``seeds_may_decide``, by which no
seed is spent in vain, looks at it. The test images are the same in all seeds, so their part of the standard error
stays.
"""

import math

import numpy as np

from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.hypothesis_tests.distributions import (
    normal_above,
    shifted_student_above,
    student_quantile_above,
)
from reports.statistics.noise.prior import MOST

MOST_SEEDS = 1000
"""The largest number of seeds that is looked at."""
POWER = 0.8
"""The chance that the effect is found."""


def seeds_for(decision: Decision, effect: float, alpha: float, equivalence: bool = False) -> int | None:
    """The fewest seeds, more than there are now, that find an effect with the chance ``POWER``; None above
    ``MOST_SEEDS``.

    ``effect`` is the distance of the true effect from the margin, and ``alpha`` the two-sided level. If ``equivalence``
    is set, the seeds that find a true difference of 0 to be smaller than ``effect``.
    """
    number, estimate = int(decision.deciding()), decision.estimate
    now, images, total = (float(each[number]) for each in (estimate.seeds, estimate.images, estimate.error**2))
    of_seeds = total - images
    freedom = float(estimate.freedom[number]) * (of_seeds / total) ** 2  # that of the seeds alone; see ``estimate``
    seeds = np.arange(int(now) + 1, MOST_SEEDS + 1)
    later = of_seeds * now / seeds
    freedoms = np.minimum((freedom + seeds - now) * ((later + images) / later) ** 2, MOST)
    shift = effect / np.sqrt(later + images)
    enough = np.flatnonzero(_power(shift, freedoms, _tail(decision, alpha, equivalence), equivalence) >= POWER)
    return int(seeds[enough[0]]) if len(enough) else None


def finds_with_any_seeds(decision: Decision, effect: float, alpha: float, equivalence: bool = False) -> bool:
    """Whether some number of seeds, however large, finds the effect; False if the test images are too few for it. The
    arguments are those of ``seeds_for``."""
    error = math.sqrt(decision.estimate.images[int(decision.deciding())])
    shift = np.array(effect / error if error else math.inf)
    return math.isinf(shift) or bool(_power(shift, MOST, _tail(decision, alpha, equivalence), equivalence) >= POWER)


def seeds_may_decide(decision: Decision, margin: float, delta: float | None, alpha: float) -> bool:
    """Whether more seeds, however many, decide a claim with a chance of at least 1 - ``POWER``, from its effect so far.

    The true mean over seeds is drawn from what the seeds say of it. The claim is decided if that mean is farther from
    the margin than the test images leave uncertain, or nearer to 0 than ``delta`` by as much. Always if the images
    leave nothing uncertain.
    """
    number, estimate = int(decision.deciding()), decision.estimate
    mean, error, images = (float(each[number]) for each in (estimate.mean, estimate.error, estimate.images))
    if images == 0:
        return True
    reach = float(student_quantile_above(_tail(decision, alpha, False), MOST)) * math.sqrt(images)
    of_seeds = math.sqrt(error**2 - images)

    def above(limit: float) -> float:
        return float(normal_above((limit - mean) / of_seeds))

    inside = 0.0 if delta is None else max(0.0, above(reach - delta) - above(delta - reach))
    return above(margin + reach) + 1 - above(margin - reach) + inside >= 1 - POWER


def _tail(decision: Decision, alpha: float, equivalence: bool) -> float:
    """The level of the one-sided test of the deciding contrast."""
    return alpha / (2 * (1 if equivalence else decision.shape[0]))


def _power(shift: np.ndarray, freedom: np.ndarray | float, tail: float, equivalence: bool) -> np.ndarray:
    """The chance that an effect is found which is so many standard errors from the margin."""
    critical = student_quantile_above(tail, freedom)
    return 1 - 2 * normal_above(shift - critical) if equivalence else shifted_student_above(critical, freedom, shift)

"""Numbers of seeds at which ``--until-decided`` looks at the claims: after 3, 5 and the most seeds.

Looking often and stopping at the first success finds something by chance. So the looks are set before the first one,
and each verdict pays for all of them; see ``reports.statistics.hypothesis_tests.looks``.
"""

from collections.abc import Sequence

from ablations.planning.search import seed_counts
from ablations.store.looks import Looks, load_looks
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Trial
from core.remote import AnyPath

FIRST = (3, 5)
"""Looks before the last one. A verdict takes three seeds."""


def known_looks(scaled: ScaledStudy, trials: Sequence[Trial], root: AnyPath) -> Looks:
    """The looks that were set for a study, and one more if its cells have more seeds than the last of them."""
    looks, most = load_looks(root, scaled.study.name, scaled.label), max(_seeds(trials), default=0)
    return (*looks, most) if looks and most > looks[-1] else looks


def looks_until(most: int, trials: Sequence[Trial], known: Looks) -> Looks:
    """The looks of a run with at most so many seeds a cell.

    Looks that were set before are kept, and more seeds than those add a look. The seeds that every cell has already are
    a look as well, since whoever began the run may have seen them.
    """
    if known:
        return (*known, most) if most > known[-1] else known
    there = min(_seeds(trials), default=0)
    to_come = {look for look in (*FIRST, most) if there < look <= most}
    return tuple(sorted(to_come | ({there} if there >= FIRST[0] else set())))


def _seeds(trials: Sequence[Trial]) -> list[int]:
    """Number of seeds of each cell of the grid."""
    return list(seed_counts([trial for trial in trials if trial.baseline is None]).values())

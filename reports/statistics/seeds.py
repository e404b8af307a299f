"""What differs between the seeds of a cell, and what does not, so that a verdict says nothing about it."""

from collections.abc import Sequence

VARIED = ("initialisation", "order of the data", "augmentation")
"""Random choices that follow every trial's seed."""
FIXED = ("training subset", "hold-out", "choice of labels", "test images")
"""Random choices that follow no seed where a study says nothing else."""


def seeds_text(varied: Sequence[str], fixed: Sequence[str]) -> str:
    """Two sentences for below a verdict."""
    same = f" The same in all seeds, and so not covered by these verdicts: {', '.join(fixed)}." if fixed else ""
    return f"A seed varies {', '.join(varied)}.{same}"

"""What differs between the seeds of a cell, and what does not, so that a verdict says nothing about it."""

from collections.abc import Sequence

TEST_IMAGES = "test images"
VARIED = ("initialisation", "order of the data", "augmentation")
"""Random choices that follow every trial's seed."""
FIXED = ("training subset", "hold-out", "choice of labels", TEST_IMAGES)
"""Random choices that follow no seed where a study says nothing else."""


def seeds_text(varied: Sequence[str], fixed: Sequence[str]) -> str:
    """Sentences for below verdicts."""
    told = [f"A seed varies {', '.join(varied)}."]
    if TEST_IMAGES not in fixed:
        told += ["Cells are compared on the same test images, and the intervals allow for the choice of those images."]
    if fixed:
        told += [f"The same in all seeds, and so not covered by these verdicts: {', '.join(fixed)}."]
    return " ".join(told)

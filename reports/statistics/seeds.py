"""The random choices that differ between the seeds of a cell, and those that do not and that verdicts do not cover."""

from collections.abc import Sequence

TEST_IMAGES = "test images"
VARIED = ("initialisation", "order of the data", "augmentation")
"""The random choices that follow every trial's seed."""
FIXED = ("training subset", "hold-out", "choice of labels", TEST_IMAGES)
"""The random choices that are the same for all seeds, unless the study says otherwise."""


def seeds_text(varied: Sequence[str], fixed: Sequence[str]) -> str:
    """Sentences on what seeds vary and what they do not, shown below verdicts."""
    sentences = [f"A seed varies {', '.join(varied)}."]
    if TEST_IMAGES not in fixed:
        sentences += [
            "Cells are compared on the same test images, and the intervals allow for the choice of those images."
        ]
    if fixed:
        sentences += [f"The same in all seeds, and so not covered by these verdicts: {', '.join(fixed)}."]
    return " ".join(sentences)

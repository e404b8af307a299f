"""Tables of results as the paper draws them, beside the paper's numbers."""

from pathlib import Path

PAPER = Path(__file__).parent / "paper"
"""The paper's published numbers, one file a figure or table."""


def published() -> list[str]:
    """What a study can reproduce: ``figure_5`` and the like."""
    return sorted(path.stem for path in PAPER.glob("*.json"))

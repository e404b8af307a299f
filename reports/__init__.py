"""Tables of results as the paper draws them, beside the paper's numbers."""

import json
from pathlib import Path

PAPER = Path(__file__).parent / "paper"
"""The paper's published numbers, one file a figure or table."""


def published() -> list[str]:
    """What a study can reproduce: ``figure_5`` and the like."""
    return sorted(path.stem for path in PAPER.glob("*.json"))


def paper_axes(key: str) -> list[str]:
    """The axes that the paper's numbers under ``key`` are by; none where the project holds none."""
    path = PAPER / f"{key}.json"
    axes: list[str] = json.loads(path.read_text(encoding="utf-8"))["axes"] if path.is_file() else []
    return axes

"""Which of the paper's figures and tables have published numbers here."""

import json
from pathlib import Path

PAPER = Path(__file__).parent
"""The folder of the numbers, one file for each figure or table."""


def published() -> list[str]:
    """Everything that a study can reproduce: ``figure_5`` and the like."""
    return sorted(path.stem for path in PAPER.glob("*.json"))


def paper_axes(key: str) -> list[str]:
    """The axes of the paper's numbers under ``key``; an empty list where the project holds none."""
    path = PAPER / f"{key}.json"
    axes: list[str] = json.loads(path.read_text(encoding="utf-8"))["axes"] if path.is_file() else []
    return axes

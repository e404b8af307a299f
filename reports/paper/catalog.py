"""The list of the paper's figures and tables that have published numbers here."""

import json
from pathlib import Path

PAPER = Path(__file__).parent
"""The folder of the numbers: one JSON file for each figure or table."""


def published() -> list[str]:
    """The keys of all figures and tables that a study can reproduce, such as ``figure_5``."""
    return sorted(path.stem for path in PAPER.glob("*.json"))


def paper_axes(key: str) -> list[str]:
    """The axes of the paper's numbers under ``key``; an empty list if the project holds none."""
    path = PAPER / f"{key}.json"
    axes: list[str] = json.loads(path.read_text(encoding="utf-8"))["axes"] if path.is_file() else []
    return axes

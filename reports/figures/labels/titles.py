"""Titles in lines that fit above their panel."""

from reports.tables.blocks import SIZE, measure

TITLE = 8
"""The font size of the title of a panel, in points."""


def title_lines(title: str, inches: float) -> list[str]:
    """The title in lines of at most ``inches``, unless a single word is wider. Lines that it has are kept."""
    lines = []
    for line in title.splitlines():
        first, *words = line.split()
        lines.append(first)
        for word in words:
            longer = f"{lines[-1]} {word}"
            if inches_of(longer, TITLE, bold=True) <= inches:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines


def inches_of(text: str, size: float, bold: bool = False) -> float:
    """The width of a text of a font size in points."""
    return measure(text, bold) * size / SIZE / 72

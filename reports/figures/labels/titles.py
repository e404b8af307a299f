"""Titles in lines that fit above their panel."""

import textwrap

from reports.tables.blocks import SIZE, measure

TITLE = 8
"""The font size of the title of a panel, in points."""


def title_lines(title: str, inches: float) -> list[str]:
    """The title in lines of at most ``inches``, by the mean width of its bold letters. Lines that it has are kept."""
    lines = []
    for line in title.splitlines():
        width = measure(line, bold=True) * TITLE / SIZE / 72
        lines += textwrap.wrap(line, max(1, int(len(line) * inches / width))) if width > inches else [line]
    return lines


def inches_of(text: str, size: float) -> float:
    """The width of a text of a font size in points."""
    return measure(text) * size / SIZE / 72

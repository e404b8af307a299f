"""What a table consists of, and its measures in points, 72 an inch."""

import textwrap
from dataclasses import dataclass
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

SIZE = 7.5
"""Of text."""
LINE, PAD, GAP, MARGIN = 9.5, 4.0, 11.0, 6.0
"""Height of a line, room around a row, between columns, and around all."""
WRAP = 12
"""Letters of a heading's line."""


@dataclass(frozen=True)
class Line:
    """Of a cell."""

    text: str
    bold: bool = False
    grey: bool = False


@dataclass(frozen=True)
class Row:
    """Of a table's body."""

    labels: tuple[str, ...]
    cells: tuple[tuple[Line, ...], ...]
    grey: bool = False
    """Of the labels."""

    @property
    def lines(self) -> int:
        return max([1, *map(len, self.cells)])


@dataclass(frozen=True)
class Section:
    """A rule and a title between rows."""

    title: str


@dataclass(frozen=True)
class Block:
    """A table; several stand one below the other."""

    corner: tuple[str, ...]
    """Above the labels."""
    spans: tuple[tuple[str, int], ...]
    """Headings above several columns each, and how many; none where this is empty."""
    heads: tuple[str, ...]
    body: tuple[Row | Section, ...]
    title: str = ""
    """Above all of it."""

    @property
    def rows(self) -> list[Row]:
        return [part for part in self.body if isinstance(part, Row)]


@cache
def measure(text: str, bold: bool = False) -> float:
    """Width of a text in points. A dollar is one, and begins no formula."""
    if not text.strip():
        return 0.0
    font = FontProperties(weight="bold" if bold else "normal")
    vertices, codes = text_to_path.get_text_path(font, text)
    return float(Path(vertices, codes).get_extents().width) * SIZE / text_to_path.FONT_SCALE


def head_lines(head: str, rotated: bool) -> list[str]:
    return [head] if rotated else textwrap.wrap(head, WRAP, break_long_words=False) or [""]


def head_height(block: Block, rotated: bool) -> float:
    if rotated:
        return max(map(measure, block.heads)) + PAD
    return LINE * max(len(head_lines(head, rotated)) for head in (*block.heads, *block.corner)) + PAD


def block_height(block: Block, rotated: bool) -> float:
    """With a free line below."""
    rows = sum(LINE * part.lines + PAD if isinstance(part, Row) else LINE + 2 * PAD for part in block.body)
    above = LINE * bool(block.title) + (LINE + PAD) * bool(block.spans)
    return above + head_height(block, rotated) + rows + 2 * PAD + LINE


def column_widths(block: Block, rotated: bool) -> list[float]:
    """Of the columns of labels, then of the others, with the gap after each."""
    labels = [
        max(map(measure, [*head_lines(corner, False), *(row.labels[number] for row in block.rows)]))
        for number, corner in enumerate(block.corner)
    ]
    columns = []
    for number, head in enumerate(block.heads):
        lines = [line for row in block.rows for line in row.cells[number]]
        heading = LINE if rotated else max(map(measure, head_lines(head, False)))
        columns.append(max([heading, *(measure(line.text, line.bold) for line in lines)]))
    first = 0
    for title, count in block.spans:
        short = measure(title) - sum(columns[first : first + count]) - GAP * (count - 1)
        columns[first : first + count] = [width + max(0.0, short) / count for width in columns[first : first + count]]
        first += count
    return [width + GAP for width in (*labels, *columns)]

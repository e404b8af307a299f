"""The parts of a table that is set, and their sizes in points, 72 an inch."""

import textwrap
from dataclasses import dataclass
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

SIZE = 7.5
"""The font size of text."""
LINE, PAD, GAP, MARGIN = 9.5, 4.0, 11.0, 6.0
"""The height of a line, the room around a row, the gap between columns, and the margin around the table."""
WRAP = 12
"""The most letters of a line in a heading."""


@dataclass(frozen=True)
class Line:
    """A line of a cell."""

    text: str
    bold: bool = False
    grey: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table's body."""

    labels: tuple[str, ...]
    """The texts of the columns of labels."""
    cells: tuple[tuple[Line, ...], ...]
    """The lines of each cell."""
    grey: bool = False
    """Whether the labels are grey."""

    @property
    def lines(self) -> int:
        """The number of lines of the highest cell."""
        return max([1, *map(len, self.cells)])

    @property
    def height(self) -> float:
        """The height in points."""
        return LINE * self.lines + PAD


@dataclass(frozen=True)
class Section:
    """A rule between rows, and a title below it unless that is empty."""

    title: str

    @property
    def height(self) -> float:
        """The height in points."""
        return LINE + 2 * PAD if self.title else 1.5 * PAD


RULE = Section("")
"""The rule above the baselines."""
BELOW_RULE = "Below the rule: baselines, in every column with cells that are scored alike."


@dataclass(frozen=True)
class Block:
    """A table; several are set one below the other."""

    corner: tuple[str, ...]
    """The headings of the columns of labels."""
    spans: tuple[tuple[str, int], ...]
    """The headings above several columns, each with the number of its columns; empty if there are none."""
    heads: tuple[str, ...]
    """The headings of the other columns."""
    body: tuple[Row | Section, ...]
    """The rows, and the sections between them."""
    title: str = ""
    """The title above the table."""

    @property
    def rows(self) -> list[Row]:
        """The rows of the body, without its sections."""
        return [part for part in self.body if isinstance(part, Row)]


@cache
def measure(text: str, bold: bool = False) -> float:
    """The width of a text in points. A dollar sign stays one, and begins no formula."""
    if not text.strip():
        return 0.0
    font = FontProperties(weight="bold" if bold else "normal")
    vertices, codes = text_to_path.get_text_path(font, text)
    return float(Path(vertices, codes).get_extents().width) * SIZE / text_to_path.FONT_SCALE


def head_lines(head: str, rotated: bool) -> list[str]:
    """The lines of a heading; a single one if it is rotated."""
    return [head] if rotated else textwrap.wrap(head, WRAP, break_long_words=False) or [""]


def head_height(block: Block, rotated: bool) -> float:
    """The height of the headings of columns, in points."""
    if rotated:
        return max(map(measure, block.heads)) + PAD
    return LINE * max(len(head_lines(head, rotated)) for head in (*block.heads, *block.corner)) + PAD


def block_height(block: Block, rotated: bool) -> float:
    """The height of a table with a free line below, in points."""
    rows = sum(part.height for part in block.body)
    above = LINE * bool(block.title) + (LINE + PAD) * bool(block.spans)
    return above + head_height(block, rotated) + rows + 2 * PAD + LINE


def column_widths(block: Block, rotated: bool) -> list[float]:
    """The widths of the columns of labels, then of the other columns, in points, each with the gap after it."""
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

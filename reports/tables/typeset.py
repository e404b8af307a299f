"""A table as a figure, set as in a book: rules above, below the heading and below, and none between columns."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.names import is_number, with_minus
from reports.style import GREY, WIDTH, bold_lines
from reports.tables.blocks import (
    GAP,
    LINE,
    MARGIN,
    PAD,
    SIZE,
    Block,
    Line,
    Row,
    Section,
    block_height,
    column_widths,
    head_height,
    head_lines,
    measure,
)

RULES = {"thick": 1.0, "thin": 0.5}


@dataclass(frozen=True)
class Sheet:
    """The blocks of a table, as a figure."""

    blocks: Sequence[Block]
    """The tables, one below the other."""
    rotated: bool = False
    """Whether the headings of columns are rotated, for tables of many columns."""

    @property
    def width(self) -> float:
        """The width in points: that of the rows, at least half that of other figures, so that notes have room."""
        return max(36 * WIDTH, 2 * MARGIN - GAP + max(sum(column_widths(block, self.rotated)) for block in self.blocks))

    def draw(self, title: str, footnotes: Sequence[str]) -> Figure:
        """The figure, as large as the table needs, with a title above it and footnotes below."""
        folded = [line for note in footnotes for line in textwrap.wrap(note, int(self.width / 3.9))]
        lines = bold_lines(title, self.width / 72, 9)
        head = MARGIN + LINE * (2 + 1.2 * (len(lines) - 1))
        height = head + MARGIN + sum(block_height(block, self.rotated) for block in self.blocks) + LINE * len(folded)
        figure = Figure(figsize=(self.width / 72, height / 72))
        ax = figure.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(height, 0))
        ax.set_axis_off()
        ax.text(MARGIN, MARGIN, "\n".join(lines), fontsize=9, fontweight="bold", va="top")
        top = head
        for block in self.blocks:
            top = _draw_block(ax, block, top, self.rotated)
        for number, note in enumerate(folded):
            ax.text(MARGIN, top + LINE * number, note, fontsize=7, color=GREY, va="top")
        return figure


def _draw_block(ax: Axes, block: Block, top: float, rotated: bool) -> float:
    """Draws a block; returns the top of the next one, in points from the upper edge."""
    widths = column_widths(block, rotated)
    lefts = [MARGIN + sum(widths[:number]) for number in range(len(widths) + 1)]
    bounds, labels = (MARGIN, lefts[-1] - GAP), len(block.corner)
    if block.title:
        ax.text(MARGIN, top - PAD, block.title, fontsize=SIZE, style="italic", va="top", color=GREY)
        top += LINE
    _rule(ax, bounds, top, "thick")
    top = _draw_spans(ax, block, lefts[labels:], top + PAD)
    top = _draw_heads(ax, block, lefts, top, rotated)
    _rule(ax, bounds, top, "thin")
    top += PAD
    for part in block.body:
        if isinstance(part, Section):
            _rule(ax, bounds, top + PAD / 2, "thin")
            ax.text(MARGIN, top + 1.5 * PAD, part.title, fontsize=SIZE, style="italic", va="top", color=GREY)
        else:
            _draw_row(ax, part, lefts, top)
        top += part.height
    _rule(ax, bounds, top, "thick")
    return top + LINE


def _draw_spans(ax: Axes, block: Block, lefts: list[float], top: float) -> float:
    first = 0
    for title, count in block.spans:
        left, right = lefts[first], lefts[first + count] - GAP
        ax.text((left + right) / 2, top, title, fontsize=SIZE, ha="center", va="top")
        _rule(ax, (left, right), top + LINE + PAD / 2, "thin")
        first += count
    return top + (LINE + PAD if block.spans else 0)


def _draw_heads(ax: Axes, block: Block, lefts: list[float], top: float, rotated: bool) -> float:
    """Draws the headings on the line above the rule, those of labels to the left and the others to the right; returns
    the place of the rule."""
    bottom, labels = top + head_height(block, rotated), len(block.corner)
    for number, head in enumerate((*block.corner, *block.heads)):
        if number >= labels and rotated:
            place: dict[str, Any] = {"x": lefts[number + 1] - GAP, "ha": "right", "va": "bottom", "rotation": 90}
            ax.text(y=bottom - PAD / 2, s=head, fontsize=SIZE, **place)
            continue
        lines = head_lines(head, False)
        for line, text in enumerate(lines):
            y = bottom - PAD / 2 - LINE * (len(lines) - line)
            _text(ax, Line(text), lefts, number, labels, y)
    return bottom


def _draw_row(ax: Axes, row: Row, lefts: list[float], top: float) -> None:
    labels = len(row.labels)
    for number, label in enumerate(row.labels):
        _text(ax, Line(label, grey=row.grey), lefts, number, labels, top)
    for number, cell in enumerate(row.cells, labels):
        for place, line in enumerate(cell):
            _text(ax, line, lefts, number, labels, top + LINE * place, _spread_width(cell) if line.grey else 0.0)


def _spread_width(cell: Sequence[Line]) -> float:
    """The width of a spread in points, by which the paper's number moves to stand under the mean; 0 without one."""
    mean, plus, _ = cell[0].text.partition(" ±")
    return measure(cell[0].text, cell[0].bold) - measure(mean, cell[0].bold) if plus else 0.0


def _text(
    ax: Axes, line: Line, lefts: list[float], column: int, labels: int, top: float, from_right: float = 0.0
) -> None:
    x = lefts[column] if column < labels else lefts[column + 1] - GAP - from_right
    ax.text(
        x,
        top,
        with_minus(line.text) if is_number(line.text.partition(" ")[0]) else line.text,
        fontsize=SIZE,
        ha="left" if column < labels else "right",
        va="top",
        color=GREY if line.grey else "black",
        fontweight="bold" if line.bold else "normal",
    )


def _rule(ax: Axes, bounds: tuple[float, float], y: float, weight: str) -> None:
    ax.plot(bounds, (y, y), color="black", linewidth=RULES[weight], solid_capstyle="butt")

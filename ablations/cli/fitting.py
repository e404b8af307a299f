"""Rows that fit the console: as a table, or one below the other on a terminal that is too narrow for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ablations.types.console import INDENT, broken

UNLIMITED = 100_000


@dataclass(frozen=True)
class Row:
    """A row of a table."""

    cells: tuple[str, ...]
    """Texts by column."""
    card: tuple[str, ...]
    """Lines that take the row's place on a narrow terminal; the first is its heading."""
    style: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows to be printed so that no word is broken."""

    columns: Sequence[str]
    rows: Sequence[Row]
    spare: Collection[str] = field(default=())
    """Columns that a narrow terminal leaves out."""
    last: int = 0
    """Least width of the last column."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        every, fewer = self._table(), self._table(self.spare)
        if not console.is_terminal:
            wide = options.update_width(_measured(console, every).maximum)
            for line in console.render_lines(every, wide, pad=False):
                yield Text("".join(segment.text for segment in line).rstrip(), no_wrap=True, overflow="ignore")
            return
        for table in (every, fewer):
            if _measured(console, table).minimum <= options.max_width:
                yield table
                return
        yield from (_card(row, options.max_width) for row in self.rows)

    def _table(self, without: Collection[str] = ()) -> Table:
        table = Table(box=None, header_style="bold", pad_edge=False)
        kept = [number for number, column in enumerate(self.columns) if column not in without]
        for number in kept:
            table.add_column(self.columns[number], min_width=self.last if number == kept[-1] else None)
        for row in self.rows:
            table.add_row(*(row.cells[number] for number in kept), style=row.style)
        return table


def _measured(console: Console, table: Table) -> Measurement:
    """Width of the table with its cells broken between all words, and between none."""
    return Measurement.get(console, console.options.update_width(UNLIMITED), table)


def _card(row: Row, width: int) -> Text:
    heading, *lines = row.card
    text = Text(broken(heading, width), style=row.style or "bold")
    for line in lines:
        text.append("\n" + broken(INDENT + line, width), style=row.style or "not bold")
    return text

"""Rows that fit the console: as a table, or one below the other on a terminal that is too narrow for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.console import Console
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


def print_rows(
    console: Console, columns: Sequence[str], rows: Sequence[Row], spare: Collection[str] = (), last: int = 0
) -> None:
    """Print the rows so that no word is broken.

    ``spare`` are columns that a narrow terminal leaves out; the last column is at least ``last`` characters wide.
    """
    every, fewer = _table(columns, rows, last), _table(columns, rows, last, spare)
    if not console.is_terminal:
        console.width = max(console.width, _measured(console, every).maximum)
    for table in (every, fewer):
        if _measured(console, table).minimum <= console.width:
            console.print(table)
            return
    for row in rows:
        console.print(_card(row, console.width))


def _table(columns: Sequence[str], rows: Sequence[Row], last: int, without: Collection[str] = ()) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    kept = [number for number, column in enumerate(columns) if column not in without]
    for number in kept:
        table.add_column(columns[number], min_width=last if number == kept[-1] else None)
    for row in rows:
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

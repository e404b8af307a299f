"""A CSV file that gets a row for each measurement that ends, so that a command goes on where it was stopped."""

import csv
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """Return the rows, with texts as values; none if there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def append_row(path: Path, row: Row, columns: Sequence[str]) -> None:
    """Append a row, after a heading if the file is new. Columns that the row lacks stay empty."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)

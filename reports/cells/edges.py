"""Warnings about choices at the edge of the values that were tried: a better value may lie beyond it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reports.cells.names import is_number
from reports.cells.search import VALIDATION, Search

if TYPE_CHECKING:
    import pandas as pd

ENDS = ("smallest", "largest")
FURTHER = {"smallest": "smaller", "largest": "larger"}


def tuned_edges(search: Search, axes: Sequence[str]) -> list[str]:
    """A sentence for each end of a tuned setting's values that searches chose more often than by chance.

    Values that are no numbers, a smallest value of 0, and searches in which all score the same are not counted.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    searches: Counter[str] = Counter()
    by_chance: dict[str, float] = defaultdict(float)
    for _, rows in search.table.groupby(["baseline", *axes, "seed"], sort=False):
        chosen = rows[rows["chosen"]]
        if len(rows) == 1 or chosen.empty or rows[VALIDATION].nunique() == 1:
            continue
        for name in search.values:
            if values := _numbers(rows[name]):
                searches[name] += 1
                by_chance[name] += 1 / len(values)
                found.update((name, end, value) for end, value in _ends(values, chosen[name].iloc[0]))
    return [
        f"The chosen {name} is the {end} that was tried, {value}, in {count} of {searches[name]} searches; add a "
        f"{FURTHER[end]} one to 'tune'."
        for (name, end, value), count in found.items()
        if count > by_chance[name]
    ]


def l2_edges(ends: Sequence[tuple[float, float] | None], chosen: Sequence[float]) -> list[str]:
    """A sentence for each end of the grid of l2 weights that a trial chose, with the number of these trials.

    ``ends`` has the lowest and the highest weight of each trial's grid, None for a trial without a grid. ``chosen``
    has the weight that each trial chose, NaN for a trial without one.
    """
    pairs = [(grid, one) for grid, one in zip(ends, chosen, strict=True) if grid and one == one]
    sentences = []
    for number, (end, field) in enumerate(zip(ENDS, ("l2_low", "l2_high"), strict=True)):
        at_end = [grid[number] for grid, one in pairs if abs(one / grid[number] - 1) < 1e-6]
        if at_end:
            sentences.append(
                f"The chosen l2 weight is the {end} of its grid in {len(at_end)} of {len(pairs)} trials; set "
                f"evaluate.{field} {'below' if number == 0 else 'above'} {at_end[0]:g}."
            )
    return sentences


def _numbers(column: "pd.Series[str]") -> list[str]:
    """The different values of a column, in ascending order; empty if any is no number, or if there is only one."""
    values = sorted(set(column), key=float) if all(map(is_number, column)) else []
    return values if len(values) > 1 else []


def _ends(values: list[str], chosen: str) -> Iterator[tuple[str, str]]:
    for end, value in zip(ENDS, (values[0], values[-1]), strict=True):
        if chosen == value and not (end == "smallest" and float(value) == 0):
            yield end, value

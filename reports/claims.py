"""Whether a claim of the paper holds in one's own results."""

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from scipy.stats import t as student

Cell = tuple[str, ...]
"""A value for each axis, as text."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Claim:
    """The best of some cells is better than the best of others by more than a margin."""

    says: str
    """In the paper's words or close to them."""
    source: str
    """Where the paper says it."""
    cells: tuple[Cell, ...] = ()
    """Those said to be better; all others where it is empty."""
    than: tuple[Cell, ...] = ()
    """Those said to be worse; all others where it is empty."""
    margin: float = 0.0
    """In units of the metric."""


@dataclass(frozen=True)
class Verdict:
    """What the results say of a claim."""

    claim: Claim
    word: Literal["SUPPORTED", "REFUTED", "UNDECIDED"]
    reason: str
    """Effect, interval and number of seeds; or what is missing."""


def judge(claim: Claim, table: pd.DataFrame, axes: list[str], metric: str) -> Verdict:
    """``table`` as in ``StudyReport``, ``axes`` in the order of the claim's cells.

    A seed counts once all cells that the claim is about have a value. The effect is the mean over seeds of
    the difference between the best on either side; a verdict takes two seeds at least, and that Student's
    interval of the differences leaves the margin to one side. The best of many cells is helped by chance more
    than the best of few: a claim that pits 42 cells against 7 is the surer the larger its margin.
    """
    grid = table[table["baseline"] == ""]
    every = list(dict.fromkeys(_cells(grid, axes)))
    better, worse = _sides(claim, every)
    if absent := [cell for cell in better + worse if cell not in every]:
        return Verdict(claim, "UNDECIDED", f"this grid has no cell {'; '.join(map(', '.join, absent))}")
    if not better or not worse:
        return Verdict(claim, "UNDECIDED", "this grid has no cells to compare")
    effects = _effects(grid, axes, metric, better, worse)
    if not effects:
        return Verdict(claim, "UNDECIDED", "no seed has a value in every cell that this is about")
    return _decide(claim, effects)


def _sides(claim: Claim, every: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    better = list(claim.cells) or [cell for cell in every if cell not in claim.than]
    worse = list(claim.than) or [cell for cell in every if cell not in claim.cells]
    return better, worse


def _effects(grid: pd.DataFrame, axes: list[str], metric: str, better: list[Cell], worse: list[Cell]) -> list[float]:
    """The difference within each seed that is complete."""
    effects = []
    for _, rows in grid[grid["state"] == "finished"].groupby("seed"):
        values = dict(zip(_cells(rows, axes), rows[metric].astype(float), strict=True))
        if all(cell in values for cell in better + worse):
            effects.append(max(values[cell] for cell in better) - max(values[cell] for cell in worse))
    return effects


def _decide(claim: Claim, effects: list[float]) -> Verdict:
    n = len(effects)
    mean = sum(effects) / n
    if n == 1:
        return Verdict(claim, "UNDECIDED", f"{mean:+.1f} points in one seed; a verdict takes more: --seeds 3")
    deviation = math.sqrt(sum((effect - mean) ** 2 for effect in effects) / (n - 1))
    reach = float(student.ppf(0.5 + CONFIDENCE / 2, n - 1)) * deviation / math.sqrt(n)
    word: Literal["SUPPORTED", "REFUTED", "UNDECIDED"] = "UNDECIDED"
    if mean - reach > claim.margin:
        word = "SUPPORTED"
    elif mean + reach < claim.margin:
        word = "REFUTED"
    interval = f"95 % interval {mean - reach:+.1f} to {mean + reach:+.1f}"
    asked = f", more than {claim.margin:g} asked" if claim.margin else ""
    return Verdict(claim, word, f"{mean:+.1f} points, {interval}, over {n} seeds{asked}")


def _cells(rows: pd.DataFrame, axes: list[str]) -> list[Cell]:
    return [tuple(map(str, values)) for values in rows[axes].itertuples(index=False, name=None)]

"""What a claim measures within one seed: a number that is above the claim's margin where the claim holds, or several
that are all below it.

An ordering, a trend, an interaction and a likeness average the axes that they do not name, and compare like with like:
cells whose values on those axes are not there in full are left out, such as a depth that has no encoder of width 4.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from reports.paper.numbers import paper_numbers

Values = Mapping[str, str]
"""Of some axes, as text: the cells that have them."""

VALUE = "value"
"""The metric's column in the rows of one seed, beside a column for each axis."""


class NotInGridError(ValueError):
    """The claim is about cells that this grid does not have."""


@dataclass(frozen=True)
class Better:
    """The best, or the mean, of some cells against that of others, in points; either side left out is all others."""

    cells: tuple[Values, ...] = ()
    than: tuple[Values, ...] = ()
    by: Literal["best", "mean"] = "best"

    def about(self, rows: pd.DataFrame) -> pd.Series:
        better, worse = self._sides(rows)
        return better | worse

    def effect(self, rows: pd.DataFrame) -> float:
        better, worse = (rows.loc[side, VALUE] for side in self._sides(rows))
        return float(better.max() - worse.max() if self.by == "best" else better.mean() - worse.mean())

    def _sides(self, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        better, worse = _any_of(rows, self.cells), _any_of(rows, self.than)
        better, worse = (better if self.cells else ~worse), (worse if self.than else ~better)
        if not better.any() or not worse.any():
            raise NotInGridError("this grid has no cells to compare")
        return better, worse


@dataclass(frozen=True)
class Ordering:
    """The smallest step down from one value of an axis to the next in the order, in points; other axes averaged."""

    axis: str
    order: tuple[str, ...]
    """The best first."""
    where: Values = field(default_factory=dict)

    def about(self, rows: pd.DataFrame) -> pd.Series:
        return _matched(rows, _where(rows, self.where) & _among(rows, self.axis, self.order), [self.axis])

    def effect(self, rows: pd.DataFrame) -> float:
        means = _means(rows, self.axis)
        return min(means[a] - means[b] for a, b in zip(self.order, self.order[1:], strict=False))


@dataclass(frozen=True)
class Trend:
    """The rise of a straight line over an axis, from its first value to its last at equal distances, in points; other
    axes averaged."""

    axis: str
    direction: Literal["rising", "falling"]
    where: Values = field(default_factory=dict)

    def about(self, rows: pd.DataFrame) -> pd.Series:
        there = _where(rows, self.where)
        _check_several(rows, there, self.axis)
        return _matched(rows, there, [self.axis])

    def effect(self, rows: pd.DataFrame) -> float:
        means = list(_means(rows, self.axis).values())
        slope = float(np.polyfit(np.arange(len(means)), means, 1)[0]) * (len(means) - 1)
        return slope if self.direction == "rising" else -slope


@dataclass(frozen=True)
class Interaction:
    """By how much the gain along one axis shrinks along another, in points; the remaining axes averaged."""

    axis: str
    low: str
    high: str
    over: str
    start: str
    end: str
    where: Values = field(default_factory=dict)

    def about(self, rows: pd.DataFrame) -> pd.Series:
        ends = _among(rows, self.axis, (self.low, self.high)) & _among(rows, self.over, (self.start, self.end))
        return _matched(rows, _where(rows, self.where) & ends, [self.axis, self.over])

    def effect(self, rows: pd.DataFrame) -> float:
        def gain(at: str) -> float:
            means = _means(rows[rows[self.over] == at], self.axis)
            return means[self.high] - means[self.low]

        return gain(self.start) - gain(self.end)


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation of the cells with the paper's numbers, from -1 to 1; axes that the paper's numbers
    are not by are averaged."""

    key: str
    """Of the paper's numbers, such as ``figure_5``."""
    metric: str
    """Which of them."""

    def about(self, rows: pd.DataFrame) -> pd.Series:
        axes, published = self._published()
        known = pd.Series([cell in published for cell in _cells(rows, axes)], index=rows.index)
        if rows.loc[known, axes].drop_duplicates().shape[0] < 3:
            raise NotInGridError("this grid has fewer than 3 cells of the paper's")
        return known

    def effect(self, rows: pd.DataFrame) -> float:
        axes, published = self._published()
        means = rows.groupby(axes, sort=False)[VALUE].mean().reset_index()
        return float(spearmanr(means[VALUE], [published[cell] for cell in _cells(means, axes)]).statistic)

    def _published(self) -> tuple[list[str], dict[tuple[str, ...], float]]:
        """The axes, and the number of each cell."""
        paper = paper_numbers(self.key)
        if paper is None or self.metric not in paper.metrics:
            raise NotInGridError(f"the project holds no {self.metric} of {self.key}")
        known = paper.table.dropna(subset=self.metric)
        return paper.axes, dict(zip(_cells(known, paper.axes), known[self.metric], strict=True))


@dataclass(frozen=True)
class Similar:
    """The difference between any two values of an axis, in points; other axes averaged. The claim holds where all are
    smaller than its margin."""

    axis: str
    values: tuple[str, ...] = ()
    """Those that are compared; all where none is named."""
    where: Values = field(default_factory=dict)

    def about(self, rows: pd.DataFrame) -> pd.Series:
        there = _where(rows, self.where)
        if self.values:
            there &= _among(rows, self.axis, self.values)
        _check_several(rows, there, self.axis)
        return _matched(rows, there, [self.axis])

    def differences(self, rows: pd.DataFrame) -> dict[tuple[str, str], float]:
        """By the two values."""
        return {(a, b): one - other for (a, one), (b, other) in combinations(_means(rows, self.axis).items(), 2)}


Effect = Better | Ordering | Trend | Interaction | Agreement | Similar


def _any_of(rows: pd.DataFrame, cells: tuple[Values, ...]) -> pd.Series:
    found = pd.Series(False, index=rows.index)
    for cell in cells:
        matching = _where(rows, cell)
        if not matching.any():
            raise NotInGridError(f"this grid has no cell {', '.join(cell.values())}")
        found |= matching
    return found


def _where(rows: pd.DataFrame, values: Values) -> pd.Series:
    found = pd.Series(True, index=rows.index)
    for axis, value in values.items():
        found &= rows[axis] == value if axis in rows else False
    return found


def _among(rows: pd.DataFrame, axis: str, values: tuple[str, ...]) -> pd.Series:
    there = set(rows[axis]) if axis in rows else set()
    if absent := [value for value in values if value not in there]:
        raise NotInGridError(f"this grid has no {axis} {', '.join(absent)}")
    return rows[axis].isin(values)


def _check_several(rows: pd.DataFrame, there: pd.Series, axis: str) -> None:
    if axis not in rows or rows.loc[there, axis].nunique() < 2:
        raise NotInGridError(f"this grid has not two values of {axis} there")


def _matched(rows: pd.DataFrame, there: pd.Series, axes: list[str]) -> pd.Series:
    """Of the rows that are there, those whose values on all other axes occur with every cell of ``axes``."""
    others = [str(name) for name in rows if name not in {*axes, "seed", VALUE}]
    if not others:
        return there
    cells = rows.loc[there, [*axes, *others]].drop_duplicates()
    counts, whole = Counter(_cells(cells, others)), len(cells[axes].drop_duplicates())
    matched = there & pd.Series([counts[key] == whole for key in _cells(rows, others)], index=rows.index)
    if not matched.any():
        raise NotInGridError(f"this grid has no cells that differ in {', '.join(axes)} alone")
    return matched


def _means(rows: pd.DataFrame, axis: str) -> dict[str, float]:
    """By the values of an axis, in the order of the grid."""
    return {str(key): float(mean) for key, mean in rows.groupby(axis, sort=False)[VALUE].mean().items()}


def _cells(rows: pd.DataFrame, axes: list[str]) -> list[tuple[str, ...]]:
    """Of each row the values of the axes."""
    return list(rows[axes].itertuples(index=False, name=None))

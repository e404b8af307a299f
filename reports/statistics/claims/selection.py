"""The choice of a grid's cells that a claim is about, as booleans, one a cell.

``ordering``, ``trend``, ``interaction`` and ``similar`` average the axes that they do not name, and compare like with
like. If the grid is not complete, they leave out what does not occur at all compared values: in a comparison of widths,
a depth that has no encoder of width 4.

In all functions ``cells`` has one row a cell and one column an axis, and ``chosen`` is a choice of cells, (cells,).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Values = Mapping[str, str]
"""A choice of cells: some axes, and the value of each as text."""


class NotInGridError(ValueError):
    """Raised if a claim is about cells that the grid does not have."""


def matching(cells: pd.DataFrame, values: Values) -> np.ndarray:
    """The cells that have these values; none if the grid lacks one of the axes."""
    found = np.ones(len(cells), dtype=bool)
    for axis, value in values.items():
        found &= np.array(cells[axis] == value) if axis in cells else False
    return found


def any_of(cells: pd.DataFrame, several: Sequence[Values]) -> np.ndarray:
    """The cells that have any of several sets of values. Raises ``NotInGridError`` if no cell has one of the sets."""
    found = np.zeros(len(cells), dtype=bool)
    for values in several:
        one = matching(cells, values)
        if not one.any():
            raise NotInGridError(f"this grid has no cell {', '.join(values.values())}")
        found |= one
    return found


def with_values(cells: pd.DataFrame, axis: str, values: Sequence[str], chosen: np.ndarray) -> np.ndarray:
    """The cells of ``chosen`` with one of the values on an axis. Raises ``NotInGridError`` if no cell has a value."""
    known = set(cells.loc[chosen, axis]) if axis in cells else set()
    if absent := [value for value in values if value not in known]:
        raise NotInGridError(f"this grid has no {axis} {', '.join(absent)}")
    return np.asarray(chosen & np.array([value in values for value in cells[axis]]))


def matched_along(cells: pd.DataFrame, axis: str, chosen: np.ndarray) -> np.ndarray:
    """The cells of ``chosen``, matched over all values of an axis. Raises ``NotInGridError`` below two values."""
    if axis not in cells or cells.loc[chosen, axis].nunique() < 2:
        raise NotInGridError(f"this grid does not have two values of {axis} to compare")
    return matched(cells, chosen, [axis])


def matched(cells: pd.DataFrame, chosen: np.ndarray, axes: Sequence[str]) -> np.ndarray:
    """The cells of ``chosen`` whose values on all other axes occur with every combination of values of ``axes``.

    Raises ``NotInGridError`` if there are none.
    """
    others = [str(name) for name in cells if name not in axes]
    if not others:
        return chosen
    counts = Counter(_keys(cells[chosen], others))
    whole = len(cells.loc[chosen, list(axes)].drop_duplicates())
    found = chosen & np.array([counts[key] == whole for key in _keys(cells, others)])
    if not found.any():
        raise NotInGridError(f"this grid has no cells that differ in {', '.join(axes)} alone")
    return np.asarray(found)


def axis_values(cells: pd.DataFrame, axis: str, chosen: np.ndarray) -> list[str]:
    """The values of an axis among some cells, in the order of the grid."""
    return list(dict.fromkeys(cells.loc[chosen, axis]))


def _keys(cells: pd.DataFrame, axes: Sequence[str]) -> list[tuple[str, ...]]:
    return list(cells[list(axes)].itertuples(index=False, name=None))

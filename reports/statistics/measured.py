"""The values of one metric as an array, a row a cell and a column a seed. Verdicts are computed from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from reports.cells.metric_names import unit_of
from reports.cells.scoring import SCORED_BY, joined, with_scoring
from reports.statistics.claims.kinds import BASELINE

CORRECT = "correct/"
"""The beginning of the names of columns with an array of booleans for each trial, whether it has each test image right.
``correct/top1`` belongs to the metric ``top1``."""
TEST_IMAGES = "test_images"
"""The column with the number of test images of a trial."""


@dataclass(frozen=True)
class Measured:
    """A metric in all cells of a study's grid, and in the baselines that are asked for."""

    metric: str
    cells: pd.DataFrame
    """The cells, in the order of the grid: one row a cell, one column an axis, values as text. If there are baselines,
    there is the column ``baseline`` too: their name, or "" for a cell of the grid."""
    seeds: list[int]
    """All seeds of any cell, in ascending order."""
    values: np.ndarray
    """The values (cells, seeds); NaN if there is no result."""
    trials: np.ndarray
    """The ids of the trials (cells, seeds); empty if there is no trial."""
    stopped: np.ndarray
    """The numbers of trials that were stopped early, (cells,)."""
    correct: np.ndarray | None = None
    """Whether each test image is right (cells, seeds, images), False without a result. None unless every result has
    this, for equally many images."""
    resolution: float = 0.0
    """The share of one test image, in points; 0 if the number of images is not known, and for a metric in other
    units."""
    scored_by: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    """The scoring of each cell (cells,); see ``reports.cells.scoring``."""


def measure(table: pd.DataFrame, axes: list[str], metric: str, baselines: Sequence[str] = ()) -> Measured:
    """The values of a metric in the cells of ``axes``, and in some baselines, which have no value on an axis. ``table``
    has one row a trial, as in ``StudyReport``."""
    grid = with_scoring(table[table[BASELINE].isin(["", *baselines])]).reset_index(drop=True)
    places = _places(grid, axes, bool(baselines))
    cells = places.drop_duplicates().reset_index(drop=True)
    number = {cell: row for row, cell in enumerate(cells.itertuples(index=False, name=None))}
    row = np.array([number[cell] for cell in places.itertuples(index=False, name=None)], dtype=int)
    seeds = sorted(set(grid["seed"]))
    column = np.array([seeds.index(seed) for seed in grid["seed"]], dtype=int)
    found = pd.to_numeric(grid[metric]).where(grid["state"] == "done") if metric in grid else grid["seed"] * np.nan
    values = np.full((len(cells), len(seeds)), np.nan)
    values[row, column] = found.to_numpy(dtype=float)
    trials = np.full(values.shape, "", dtype=object)
    trials[row, column] = _ids(grid, row)
    stopped = np.bincount(row[grid["state"] == "stopped"], minlength=len(cells))
    correct = _correct(grid, metric, values, row, column)
    scored_by = grid[SCORED_BY].groupby(row).agg(joined).to_numpy(dtype=object)
    resolution = _resolution(grid, metric, correct)
    return Measured(metric, cells, seeds, values, trials, stopped, correct, resolution, scored_by)


def _places(grid: pd.DataFrame, axes: list[str], with_baselines: bool) -> pd.DataFrame:
    """The cell of each trial: its values as text, and with baselines their names."""
    places = grid[[BASELINE, *axes]].astype(str)
    places.loc[places[BASELINE] != "", axes] = ""
    return places if with_baselines else places[axes]


def _ids(grid: pd.DataFrame, row: np.ndarray) -> list[str]:
    """The ids of the trials; the numbers of their cells if the table has no ids."""
    return list(map(str, grid["trial_id"])) if "trial_id" in grid else [f"{r}" for r in row]


def _correct(
    grid: pd.DataFrame, metric: str, values: np.ndarray, row: np.ndarray, column: np.ndarray
) -> np.ndarray | None:
    if (name := CORRECT + metric) not in grid:
        return None
    known = ~np.isnan(values[row, column])
    arrays = [np.asarray(one, dtype=bool) for one in grid.loc[known, name] if _is_array(one)]
    if len(arrays) < known.sum() or len({len(one) for one in arrays}) != 1:
        return None
    correct = np.zeros((*values.shape, len(arrays[0])), dtype=bool)
    correct[row[known], column[known]] = arrays
    return correct


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray | list | tuple)


def _resolution(grid: pd.DataFrame, metric: str, correct: np.ndarray | None) -> float:
    if unit_of(metric) != "points":  # a test image is no part of an entropy
        return 0.0
    if correct is not None:
        return 100.0 / int(correct.shape[-1])
    known = pd.to_numeric(grid[TEST_IMAGES]).dropna() if TEST_IMAGES in grid else pd.Series(dtype=float)
    return 100 / max(map(float, known)) if len(known) else 0.0

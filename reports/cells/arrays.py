"""Arrays that trials leave to be drawn beside their metrics, and the choice of the trials that are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.cells.summary import STATES

PANEL = "panel"
"""The column with the name of a trial's panel."""


@dataclass(frozen=True)
class TrialArrays:
    """The arrays that a trial left to be drawn."""

    arrays: Mapping[str, np.ndarray]
    """The arrays by ``protocol/name``; empty if it left none."""
    classes: Sequence[str] = ()
    """Names of the labels."""

    @property
    def protocol(self) -> str:
        """The protocol of the arrays; empty if there are none."""
        return next(iter(self.arrays), "").split("/")[0]


def chosen_trials(table: pd.DataFrame, axis: str | None) -> dict[str, dict[Any, Any]]:
    """The row of the trial that is drawn for each value of the axis, by the value as text.

    It is the first trial that is done, else the first that failed, else the first. Without an axis there is one row,
    under an empty name. Baselines are left out.
    """
    grid = table[table["baseline"] == ""]
    grid = grid.assign(**{PANEL: grid[axis] if axis else ""})
    best = grid.sort_values("state", key=lambda states: states.map(STATES.index), kind="stable")
    rows = best.drop_duplicates(PANEL).set_index(PANEL).to_dict("index")
    return {str(value): dict(rows[value]) for value in grid[PANEL].unique()}


def save_arrays(trials: Mapping[str, TrialArrays], path: Path) -> None:
    """Write the arrays of all trials to an NPZ file, as ``<trial id>/<protocol>/<name>``. Without any, a file that is
    there is removed."""
    arrays: dict[str, Any] = {
        f"{trial_id}/{name}": array for trial_id, trial in trials.items() for name, array in trial.arrays.items()
    }
    path.unlink(missing_ok=True)
    if arrays:
        np.savez_compressed(path, **arrays)

"""What trials left to be drawn beside their metrics, and which trials of a study are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.cells.summary import STATES

PANEL = "panel"


@dataclass(frozen=True)
class TrialArrays:
    """What a trial left to be drawn."""

    arrays: Mapping[str, np.ndarray]
    """By ``protocol/name``; empty where it left none."""
    classes: Sequence[str] = ()
    """Names of the labels."""

    @property
    def protocol(self) -> str:
        """Empty where it left none."""
        return next(iter(self.arrays), "").split("/")[0]


def chosen_trials(table: pd.DataFrame, axis: str | None) -> dict[str, dict[Any, Any]]:
    """For each value of the axis, as text, the row of the first trial that finished, else of the first that failed,
    else of the first. Without an axis it is one row, under no name. Baselines are none of them."""
    grid = table[table["baseline"] == ""]
    grid = grid.assign(**{PANEL: grid[axis] if axis else ""})
    best = grid.sort_values("state", key=lambda states: states.map(STATES.index), kind="stable")
    rows = best.drop_duplicates(PANEL).set_index(PANEL).to_dict("index")
    return {str(value): dict(rows[value]) for value in grid[PANEL].unique()}


def save_arrays(trials: Mapping[str, TrialArrays], path: Path) -> None:
    """As ``<trial id>/<protocol>/<name>``; no file where there is none."""
    arrays: dict[str, Any] = {
        f"{trial_id}/{name}": array for trial_id, left in trials.items() for name, array in left.arrays.items()
    }
    if arrays:
        np.savez_compressed(path, **arrays)

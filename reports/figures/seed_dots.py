"""The values of single seeds, as small dots beside their mean."""

from typing import Any

import numpy as np
import pandas as pd

DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 2.4,
    "markeredgewidth": 0,
    "linestyle": "",
    "alpha": 0.55,
    "zorder": 1.5,
}
"""How a seed looks; its colour is that of the mean."""
SEEDS_NOTE = "Small dots: single seeds."


def seeds_note(cells: pd.DataFrame) -> list[str]:
    """What small dots are, where any cell has several seeds."""
    return [SEEDS_NOTE] if cells["seeds"].max() > 1 else []


def spread_out(count: int, width: float) -> np.ndarray:
    """Offsets of the seeds across the direction of their values, so that equal ones are seen: (count,), within
    ``width``."""
    return np.zeros(count) if count < 2 else np.linspace(-width / 2, width / 2, count)

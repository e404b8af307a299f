"""The values of single seeds, as small dots beside their mean."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from reports.cells.summary import HERE, of

DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 2.4,
    "markeredgewidth": 0,
    "linestyle": "",
    "alpha": 0.55,
    "zorder": 1.5,
}
"""How a seed looks; its colour is that of the mean."""
BESIDE = 4.0
"""Points from a mean to its seeds."""
SEEDS_NOTE = "Small dots: single seeds."


def seeds_note(cells: pd.DataFrame) -> list[str]:
    """The note that explains small dots, if any of one's own cells has several seeds; else none. Baselines have no
    dots."""
    return [SEEDS_NOTE] if of(cells, HERE)["seeds"].max() > 1 else []


def draw_seeds(ax: Axes, x: float, values: Sequence[float], color: str, shift: float = 0) -> None:
    """A dot for each of several seeds, a little to the right of their mean, which is itself ``shift`` points to the
    right of ``x``."""
    if len(values) > 1:
        shift_by(ax, ax.plot([x] * len(values), values, color=color, **DOT), shift + BESIDE)


def shift_by(ax: Axes, artists: Iterable[Artist], points: float) -> None:
    """Move what is drawn to the right. Done once it is in the axes, it counts for their limits as if it were not."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    for artist in artists:
        artist.set_transform(ax.transData + ScaledTranslation(points / 72, 0, figure.dpi_scale_trans))


def spread_out(count: int, width: float) -> np.ndarray:
    """Offsets of the seeds across the direction of their values, so that equal ones are seen: (count,), within
    ``width``."""
    return np.zeros(count) if count < 2 else np.linspace(-width / 2, width / 2, count)

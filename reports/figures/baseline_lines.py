"""Baselines as dashed lines across a panel."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from reports.cells.baselines import baselines_beside
from reports.cells.scoring import scorings_of
from reports.cells.summary import HERE, of
from reports.style import GREY

DASHES = ((4, 2), (1, 1.5), (6, 2, 1, 2), (9, 3), (3, 4), (6, 2, 1, 2, 1, 2))
"""The dashes and gaps of lines, in line widths."""


def draw_baselines(ax: Axes, cells: pd.DataFrame, data: pd.DataFrame) -> None:
    """Draws a line for each baseline in ``data`` that some of the panel's ``cells`` are compared with.

    A baseline looks the same in all panels of ``data``. Its name ends with its scoring if the cells have several.
    """
    ours = of(data, HERE)
    several, here = len(scorings_of(ours)) > 1, baselines_beside(cells, data)
    for number, one in enumerate(baselines_beside(ours, data)):
        if one in here:
            told = f", {one.scored_by}" if several else ""
            dashes = (0, DASHES[number % len(DASHES)])
            ax.axhline(one.mean, linestyle=dashes, color=GREY, zorder=1, label=f"{one.name}{told} ({one.mean:.1f})")


def legend_handles(panels: Iterable[Axes]) -> list[Artist]:
    """The handles of all labelled artists in some panels, each label once: baselines after what a legend is about."""
    pairs = (pair for ax in panels for pair in zip(*ax.get_legend_handles_labels(), strict=True))
    return sorted({label: handle for handle, label in pairs}.values(), key=lambda one: isinstance(one, Line2D))

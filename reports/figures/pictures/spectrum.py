"""Figure B.3: the squared eigenvalues of a linear projection head, drawn from the arrays of the protocol
``spectrum``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.labels.ticks import write_powers
from reports.figures.pictures.panels import SIZE, WIDTH, PicturePanel
from reports.paper.numbers import PaperNumbers

SMALLEST = 1e-14
"""The smallest eigenvalue that is drawn: smaller ones are practically zero, and would flatten the logarithmic panel."""
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LINES = ("-", "-.", ":", (0, (5, 1)))
GHOST: dict[str, Any] = {"color": "#777777", "linestyle": "--", "linewidth": 1.2}


@dataclass(frozen=True)
class Curve:
    """The eigenvalues of a matrix over their ranks."""

    label: str
    ranks: np.ndarray
    """The ranks (n,), ascending from 0."""
    values: np.ndarray
    """The eigenvalues (n,), descending."""
    width: int
    """The number of all eigenvalues, d."""

    @property
    def relative(self) -> "Curve":
        """The curve with ranks from 0 to 1, and eigenvalues divided by the largest."""
        return replace(self, ranks=self.ranks / (self.width - 1), values=self.values / self.values[0])


def spectrum_figure(panels: Sequence[PicturePanel], paper: PaperNumbers | None = None) -> Figure:
    """The figure, on a linear and on a logarithmic axis as in the paper, with a line for each panel and the paper's.

    If a matrix is not as wide as the paper's, all lines are relative in rank and height, so that shapes compare.
    """
    curves, ghost = [_curve(panel) for panel in panels], _ghost(paper)
    widths = {curve.width for curve in curves if len(curve.values)}
    relative = ghost is not None and bool(widths - {ghost.width})
    figure = Figure(figsize=(WIDTH, 0.55 * WIDTH), layout="constrained")
    axes = figure.subplots(1, 2)
    for ax, scale, title in zip(axes, ("linear", "log"), ("(a) linear scale", "(b) log scale"), strict=True):
        _draw(ax, curves, ghost, relative)
        ax.set(yscale=scale, xlabel="Relative ranking" if relative else "Ranking")
        ax.set_title(title, loc="center", fontsize=SIZE)
        ax.tick_params(labelsize=SIZE)
        ax.xaxis.label.set_size(SIZE)
    write_powers(axes[1].yaxis)
    axes[0].set_ylabel("Squared eigenvalue\nover the largest" if relative else "Squared eigenvalue", fontsize=SIZE)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1, frameon=False, fontsize=SIZE)
    return figure


def spectrum_data(panels: Sequence[PicturePanel], paper: PaperNumbers | None = None) -> pd.DataFrame:
    """All eigenvalues, a row each, including the paper's."""
    curves = [*map(_curve, panels), *([ghost] if (ghost := _ghost(paper)) else [])]
    return pd.concat([pd.DataFrame({"panel": c.label, "rank": c.ranks, "eigenvalue": c.values}) for c in curves])


def _draw(ax: Axes, curves: Sequence[Curve], ghost: Curve | None, relative: bool) -> None:
    for number, curve in enumerate(curves):
        shown = curve.relative if relative and len(curve.values) else curve
        color, line = COLORS[number % len(COLORS)], LINES[number % len(LINES)]
        ax.plot(shown.ranks, np.maximum(shown.values, SMALLEST), color=color, linestyle=line, label=curve.label or None)
    if ghost:
        shown = ghost.relative if relative else ghost
        ax.plot(shown.ranks, shown.values, label=ghost.label, **GHOST)


def _curve(panel: PicturePanel) -> Curve:
    """The curve of a panel. If there is nothing to draw it is empty, and its label in the legend says why."""
    if panel.missing:
        return Curve(f"{panel.title}: {panel.missing}", np.array([]), np.array([]), 0)
    values = panel["spectrum/eigenvalues"]
    return Curve(panel.title, np.arange(len(values)), values, len(values))


def _ghost(paper: PaperNumbers | None) -> Curve | None:
    """The curve of the paper; None if the paper's numbers are not over ranks. The last rank is d - 1."""
    if paper is None or paper.axes != ["rank"]:
        return None
    ranks = paper.table["rank"].astype(int).to_numpy()
    (metric,) = paper.metrics
    width = int(ranks[-1]) + 1
    label = f"{paper.name}, {paper.title} ({paper.published_as}), {width:,} eigenvalues"
    return Curve(label, ranks, paper.table[metric].to_numpy(dtype=float), width)

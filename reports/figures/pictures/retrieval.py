"""The training images that are most similar to a test image, drawn from the arrays of the protocol ``retrieval``."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from reports.cells.names import with_minus
from reports.figures.colours import in_colours
from reports.figures.pictures.panels import SIZE, PicturePanel, draw_missing

RIGHT = ("#0072b2", "solid", "✓")
WRONG = ("#d55e00", "dashed", "✗")
"""The colour and the line of a neighbour's frame, and its mark: ``RIGHT`` if it is of the query's class."""
QUERIES, NEIGHBORS = 4, 6
"""The numbers of queries and neighbours that are drawn of several panels."""
BY_NEIGHBOR = ("retrieval/neighbors", "retrieval/neighbor_labels", "retrieval/similarities")
"""The arrays of queries and neighbours, (queries, neighbours, ...)."""
TITLE_PAD = 6
"""Points from an image to the title above it."""
GAP = 0.15
"""The gap between the queries and their neighbours, in widths of an image."""


def retrieval_figure(panels: Sequence[PicturePanel]) -> Figure:
    """A figure with the panels one above the other; each has a row for each query.

    A row shows the query, then its neighbours, the most similar first, with their similarities. A neighbour of another
    class is also named.
    """
    panels = [_shown(panel) for panel in panels] if len(panels) > 1 else panels
    sizes = [panel["retrieval/neighbors"].shape[:2] for panel in panels if not panel.missing]
    rows, columns = map(max, zip(*sizes, (2, 4), strict=True))
    size = (0.95 * (columns + 1) + 0.8, (1.25 * rows + 0.4) * len(panels))
    figure = Figure(figsize=size, layout="constrained")
    for part, panel in zip(figure.subfigures(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
        if panel.title:
            part.suptitle(panel.title, fontsize=SIZE, fontweight="bold")
        if panel.missing:
            draw_missing(part.subplots(), panel)
        else:
            _draw_panel(part, panel)
    return figure


def _shown(panel: PicturePanel) -> PicturePanel:
    """The panel with the first queries and neighbours, so that several panels fit a page; the data file has all."""
    if panel.missing:
        return panel
    arrays = {name: array[:QUERIES] for name, array in panel.left.arrays.items()}
    rows = {name: array[:, :NEIGHBORS] if name in BY_NEIGHBOR else array for name, array in arrays.items()}
    return replace(panel, left=replace(panel.left, arrays=rows))


def retrieval_data(panels: Sequence[PicturePanel]) -> pd.DataFrame:
    """The neighbours of all queries, a row each."""
    return pd.concat([_neighbors(panel) for panel in panels])


def _neighbors(panel: PicturePanel) -> pd.DataFrame:
    labels = panel["retrieval/neighbor_labels"]
    query, rank = np.indices(labels.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "panel": panel.title,
            "query": query,
            "rank": rank,
            "query_label": panel["retrieval/query_labels"][query],
            "label": labels.reshape(-1),
            "similarity": panel["retrieval/similarities"].reshape(-1),
        }
    )


def _draw_panel(part: SubFigure, panel: PicturePanel) -> None:
    queries, neighbors = panel["retrieval/queries"], panel["retrieval/neighbors"]
    rows, columns = neighbors.shape[:2]
    axes = part.subplots(rows, columns + 2, squeeze=False, width_ratios=[1, GAP] + [1] * columns)
    for row, query in enumerate(axes):
        _draw_image(query[0], queries[row])
        name = _name(panel["retrieval/query_labels"][row], panel.left.classes)
        query[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=SIZE)
        query[1].set_axis_off()
        for column, ax in enumerate(query[2:]):
            _draw_image(ax, neighbors[row, column])
            _mark(ax, panel, (row, column))
    axes[0, 0].set_title("test image", fontsize=SIZE)
    above = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "baseline"}
    heading = axes[0, 2].annotate("nearest training images", (0, 1), (0, TITLE_PAD), **above)
    heading.set(fontsize=SIZE, fontweight="bold", in_layout=False)  # a title wider than its column would widen it


def _draw_image(ax: Axes, image: np.ndarray) -> None:
    """Draws an image (C, S, S)."""
    ax.imshow(in_colours(image).transpose(1, 2, 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _mark(ax: Axes, panel: PicturePanel, place: tuple[int, int]) -> None:
    label = panel["retrieval/neighbor_labels"][place]
    right = label == panel["retrieval/query_labels"][place[0]]
    color, line, mark = RIGHT if right else WRONG
    ax.spines[:].set(visible=True, color=color, linestyle=line, linewidth=1.2)
    name = "" if right else f"\n{_name(label, panel.left.classes)}"
    similarity = with_minus(f"{panel['retrieval/similarities'][place]:.2f}")
    ax.set_xlabel(f"{similarity} {mark}{name}", fontsize=SIZE, color=color, labelpad=3)


def _name(label: int, classes: Sequence[str]) -> str:
    return classes[label] if classes else ""

"""Which training images are most similar to a test image, drawn from the arrays of the protocol ``retrieval``."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

RIGHT = ("#0072b2", "solid", "✓")
WRONG = ("#d55e00", "dashed", "✗")
"""Colour and line of the frame, and the mark: of the query's class or of another one."""
GAP = 0.15
"""Between the queries and their neighbours, in images."""


def retrieval_figure(arrays: Mapping[str, np.ndarray], classes: Sequence[str] = ()) -> Figure:
    """A row for each query: itself, then its neighbours, the most similar first, with their similarities.

    ``classes`` are the names of the labels; a neighbour of another class than the query's is named too.
    """
    queries, neighbors = arrays["retrieval/queries"], arrays["retrieval/neighbors"]
    rows, columns = neighbors.shape[:2]
    figure = Figure(figsize=(0.95 * (columns + 1) + 0.8, 1.25 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns + 2, squeeze=False, width_ratios=[1, GAP] + [1] * columns)
    for row, query in enumerate(axes):
        _draw_image(query[0], queries[row])
        query[0].set_ylabel(_name(arrays["retrieval/query_labels"][row], classes), rotation=0, ha="right", va="center")
        query[1].set_axis_off()
        for column, ax in enumerate(query[2:]):
            _draw_image(ax, neighbors[row, column])
            _mark(ax, arrays, (row, column), classes)
    axes[0, 0].set_title("test image", fontsize=8)
    axes[0, 2].set_title("nearest training images", fontsize=8)
    return figure


def _draw_image(ax: Axes, image: np.ndarray) -> None:
    """(3, S, S)"""
    ax.imshow(image.transpose(1, 2, 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _mark(ax: Axes, arrays: Mapping[str, np.ndarray], place: tuple[int, int], classes: Sequence[str]) -> None:
    label = arrays["retrieval/neighbor_labels"][place]
    right = label == arrays["retrieval/query_labels"][place[0]]
    color, line, mark = RIGHT if right else WRONG
    ax.spines[:].set(visible=True, color=color, linestyle=line, linewidth=2)
    name = "" if right else f"\n{_name(label, classes)}"
    ax.set_xlabel(f"{arrays['retrieval/similarities'][place]:.2f} {mark}{name}", fontsize=7.5, color=color, labelpad=3)


def _name(label: int, classes: Sequence[str]) -> str:
    return classes[label] if classes else ""

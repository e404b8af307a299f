"""Figure B.4: t-SNE embeddings, drawn from the arrays of the protocol ``tsne``."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = sns.color_palette("colorblind", 10)
EDGE = "#333333"
MARKERS = "osD^v<>P*Xp"
"""One more than there are colours, so that no two of the first 110 classes look the same."""


def embedding_figure(panels: Mapping[str, Mapping[str, np.ndarray]], classes: Sequence[str] = ()) -> Figure:
    """A panel for each representation by its name, such as ``h`` and ``z``, without axes as in the paper.

    Classes differ in colour and in marker. ``classes`` are the names of the labels, for a legend; the paper's
    figure has none.
    """
    figure = Figure(figsize=(4.2 * len(panels), 4.6), layout="constrained")
    for ax, (name, arrays) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        draw_embedding(ax, arrays["tsne/embedding"], arrays["tsne/labels"], classes)
        ax.set_title(name, loc="center")
    if classes:
        handles, labels = ax.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return figure


def draw_embedding(ax: Axes, points: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> None:
    """points (N, 2), labels (N,)."""
    for number, label in enumerate(np.unique(labels)):
        x, y = points[labels == label].T
        color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
        name = classes[label] if classes else None
        ax.scatter(x, y, s=24, color=color, marker=marker, edgecolor=EDGE, linewidth=0.3, label=name)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_axis_off()

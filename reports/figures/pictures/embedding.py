"""Figure B.4: t-SNE embeddings, drawn from the arrays of the protocol ``tsne``."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.cells.names import with_minus
from reports.figures.pictures.panels import SIZE, WIDTH, PicturePanel, draw_missing, lettered

COLORS = sns.color_palette("colorblind", 10)
EDGE = "#333333"
MARKERS = "osD^v<>P*Xp"
"""The markers of classes: one more than there are colours, so that no two of the first 110 classes look the same."""
SILHOUETTE = "tsne/silhouette"
HEIGHTS = (0.5, 1.2)
"""The lowest and the highest panel, in widths."""
AROUND = 1.2
"""Inches of titles and legend."""


def embedding_figure(panels: Sequence[PicturePanel]) -> Figure:
    """A figure with a panel for each representation, such as h and z, without axes as in the paper.

    Classes differ in colour and in marker. A legend names them; the paper's figure has none.
    """
    width = max(1, len(panels) / 2) * WIDTH
    figure = Figure(figsize=(width, AROUND + _tallest(panels) * width / len(panels)), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, panel, title in zip(axes, panels, lettered(panels), strict=True):
        ax.set_title(_title(title, panel), loc="center", fontsize=SIZE)
        if panel.missing:
            draw_missing(ax, panel)
        else:
            draw_embedding(ax, panel["tsne/embedding"], panel["tsne/labels"], panel.left.classes)
    handles = {name: handle for ax in axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
    if handles:
        legend = {"ncols": 5, "columnspacing": 1.0, "handletextpad": 0.1, "frameon": False, "fontsize": SIZE}
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", **legend)
    return figure


def _tallest(panels: Sequence[PicturePanel]) -> float:
    """The height of the tallest embedding, as a part of its width, within ``HEIGHTS``."""
    sizes = [np.ptp(panel["tsne/embedding"], axis=0) for panel in panels if not panel.missing]
    return float(np.clip(max((height / width for width, height in sizes if width), default=0.0), *HEIGHTS))


def draw_embedding(ax: Axes, points: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> None:
    """Draws the points (N, 2) of an embedding, with a colour and a marker for each of the labels (N,)."""
    for number, label in enumerate(np.unique(labels)):
        x, y = points[labels == label].T
        color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
        name = classes[label] if classes else None
        ax.scatter(x, y, s=16, color=color, marker=marker, edgecolor=EDGE, linewidth=0.3, label=name)
    ax.set_aspect("equal", adjustable="box", anchor="N")
    ax.set_axis_off()


def embedding_data(panels: Sequence[PicturePanel]) -> pd.DataFrame:
    """The points of all panels, a row each."""
    return pd.concat([_points(panel) for panel in panels])


def _points(panel: PicturePanel) -> pd.DataFrame:
    x, y = panel["tsne/embedding"].T
    labels = panel["tsne/labels"]
    names = [panel.left.classes[label] for label in labels] if panel.left.classes else ""
    return pd.DataFrame({"panel": panel.title, "label": labels, "class": names, "x": x, "y": y})


def _title(title: str, panel: PicturePanel) -> str:
    if panel.missing or SILHOUETTE not in panel.metrics:
        return title
    return f"{title}\nsilhouette {with_minus(f'{panel.metrics[SILHOUETTE]:.2f}')} (ours)".strip()

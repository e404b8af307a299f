"""Figure 6: histograms of the pixel values of crops, drawn from the arrays of the protocol ``colour_histograms``."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from reports.figures.pictures.panels import SIZE, WIDTH, PicturePanel, draw_missing, lettered

COLOR = "#0072b2"
VALUES = 256


def histograms_figure(panels: Sequence[PicturePanel]) -> Figure:
    """A figure with the panels side by side; each has a row for each image, and a column for each of its crops.

    A crop is shown above its histogram. As in the paper, all axes have the same range and no ticks.
    """
    figure = Figure(figsize=(max(1, len(panels) / 2) * WIDTH, 0.55 * WIDTH), layout="constrained")
    parts = figure.subfigures(1, len(panels), squeeze=False, wspace=0.05)[0]
    highest = max((panel["colour_histograms/histograms"].max() for panel in panels if not panel.missing), default=1)
    for part, panel, title in zip(parts, panels, lettered(panels), strict=True):
        if title:
            part.suptitle(title, fontsize=SIZE)
        if panel.missing:
            draw_missing(part.subplots(), panel)
        else:
            _draw(part, panel, highest)
    return figure


def histograms_data(panels: Sequence[PicturePanel]) -> pd.DataFrame:
    """The bars of all histograms, a row each: the lowest pixel value that a bar counts, and its share of all pixels."""
    return pd.concat([_bars(panel) for panel in panels])


def _draw(part: SubFigure, panel: PicturePanel, highest: float) -> None:
    histograms, crops = panel["colour_histograms/histograms"], panel["colour_histograms/crops"]
    images, count = histograms.shape[:2]
    axes = part.subplots(2 * images, count, squeeze=False, height_ratios=[1, 1.2] * images)
    for row in range(images):
        for column in range(count):
            above, below = axes[2 * row, column], axes[2 * row + 1, column]
            above.imshow(crops[row, column].transpose(1, 2, 0), interpolation="nearest")
            above.set_axis_off()
            _draw_histogram(below, histograms[row, column], highest)


def _draw_histogram(ax: Axes, shares: np.ndarray, highest: float) -> None:
    ax.stairs(shares, np.linspace(0, VALUES, len(shares) + 1), fill=True, color=COLOR)
    ax.set(xlim=(0, VALUES), ylim=(0, 1.05 * highest), xticks=[], yticks=[])


def _bars(panel: PicturePanel) -> pd.DataFrame:
    shares = panel["colour_histograms/histograms"]
    image, crop, place = np.indices(shares.shape).reshape(3, -1)
    low = place * (VALUES // shares.shape[2])
    return pd.DataFrame({"panel": panel.title, "image": image, "crop": crop, "value": low, "share": shares.reshape(-1)})

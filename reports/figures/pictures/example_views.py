"""Figure 4: an image under each augmentation, drawn from the arrays of the protocol ``example_views``."""

import textwrap
from collections.abc import Sequence
from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from reports.figures.pictures.panels import SIZE, WIDTH, PicturePanel, draw_missing

CAPTIONS = (
    "Original",
    "Crop and resize",
    "Crop, resize (and flip)",
    "Color distort. (drop)",
    "Color distort. (jitter)",
    "Rotate {90°, 180°, 270°}",
    "Cutout",
    "Gaussian noise",
    "Gaussian blur",
    "Sobel filtering",
)
"""The names of the arrays, which are also the captions below the pictures, in the paper's order."""
LETTERS = 13
"""The most letters of a line below a picture."""
COLUMNS = 5


def example_views_figure(panels: Sequence[PicturePanel]) -> Figure:
    """A figure with two rows of five pictures for each image, with the paper's captions."""
    room = ConstrainedLayoutEngine(h_pad=0.1)  # with less the last line below the last pictures is cut
    figure = Figure(figsize=(WIDTH, 0.68 * WIDTH * len(panels)), layout=room)
    for part, panel in zip(figure.subfigures(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
        if panel.title:
            part.suptitle(panel.title, fontsize=SIZE)
        if panel.missing:
            draw_missing(part.subplots(), panel)
            continue
        axes = part.subplots(len(CAPTIONS) // COLUMNS, COLUMNS).flat
        for ax, letter, name in zip(axes, ascii_lowercase, CAPTIONS, strict=False):
            ax.imshow(panel[f"example_views/{name}"].transpose(1, 2, 0), interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.set_xlabel(textwrap.fill(f"({letter}) {name}", LETTERS), fontsize=SIZE, labelpad=3)
    return figure


def example_views_data(panels: Sequence[PicturePanel]) -> pd.DataFrame:
    """The captions of all pictures, a row each, with the name of the array of their pixels."""
    rows = [(panel.title, caption, f"example_views/{caption}") for panel in panels for caption in CAPTIONS]
    return pd.DataFrame(rows, columns=["panel", "caption", "array"])

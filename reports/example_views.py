"""Figure 4: an image under each augmentation, drawn from the arrays of the protocol ``example_views``."""

from collections.abc import Sequence
from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure

from reports.panels import WIDTH, PicturePanel, draw_missing

CAPTIONS = {
    "Original": "Original",
    "Crop and resize": "Crop and resize",
    "Crop, resize (and flip)": "Crop, resize\n(and flip)",
    "Color distort. (drop)": "Color distort.\n(drop)",
    "Color distort. (jitter)": "Color distort.\n(jitter)",
    "Rotate {90°, 180°, 270°}": "Rotate {90°,\n180°, 270°}",
    "Cutout": "Cutout",
    "Gaussian noise": "Gaussian noise",
    "Gaussian blur": "Gaussian blur",
    "Sobel filtering": "Sobel filtering",
}
"""In the paper's order: the names of the arrays, and how they are written below the pictures."""
COLUMNS = 5


def example_views_figure(panels: Sequence[PicturePanel]) -> Figure:
    """For each image two rows of five pictures with the paper's captions."""
    figure = Figure(figsize=(WIDTH, 0.56 * WIDTH * len(panels)), layout="constrained")
    for part, panel in zip(figure.subfigures(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
        if panel.title:
            part.suptitle(panel.title, fontsize=10)
        if panel.missing:
            draw_missing(part.subplots(), panel)
            continue
        axes = part.subplots(len(CAPTIONS) // COLUMNS, COLUMNS).flat
        for ax, letter, (name, caption) in zip(axes, ascii_lowercase, CAPTIONS.items(), strict=False):
            ax.imshow(panel[f"example_views/{name}"].transpose(1, 2, 0), interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.set_xlabel(f"({letter}) {caption}", fontsize=8, labelpad=3)
    return figure


def example_views_data(panels: Sequence[PicturePanel]) -> pd.DataFrame:
    """A row for each picture, with the name of its pixels."""
    rows = [(panel.title, caption, f"example_views/{caption}") for panel in panels for caption in CAPTIONS]
    return pd.DataFrame(rows, columns=["panel", "caption", "array"])

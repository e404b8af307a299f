"""Pictures of what some protocols leave beside their metrics, drawn into a report's folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ablations.store import TrialStore
from reports.embedding import embedding_figure
from reports.retrieval import retrieval_figure
from reports.spectrum import spectrum_figure
from reports.style import house_style, save_figure

Arrays = Mapping[str, np.ndarray]

DRAW: dict[str, Callable[[Arrays, Sequence[str]], Figure]] = {
    "retrieval": retrieval_figure,
    "tsne": lambda arrays, classes: embedding_figure({"": arrays}, classes),
    "spectrum": lambda arrays, classes: spectrum_figure(arrays),
}
"""By the protocol whose arrays they are."""


def draw_pictures(table: pd.DataFrame, store: TrialStore, folder: Path) -> list[Path]:
    """``<protocol>-<trial id>.png``, svg and pdf, of every finished trial that left arrays; the PNG files."""
    paths = []
    for trial_id in table.loc[table["state"] == "finished", "trial_id"]:
        arrays = store.arrays(trial_id)
        protocol = next(iter(arrays), "").split("/")[0]
        if draw := DRAW.get(protocol):
            with house_style():
                figure = draw(arrays, store.classes(trial_id))
                paths += save_figure(figure, folder, f"{protocol}-{trial_id}")[:1]
    return paths

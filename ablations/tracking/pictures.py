"""Pictures of what some protocols leave beside their metrics, drawn into a report's folder."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from ablations.store.right_images import without_bits
from ablations.store.trial_store import TrialStore
from ablations.tracking.content.right_images import Stored
from reports.cells.arrays import TrialArrays, chosen_trials
from reports.figures.pictures.draw import PICTURES, single_picture
from reports.specs import PicturesReport, Report
from reports.style import house_style, save_figure


def chosen_arrays(spec: Report, table: pd.DataFrame, store: TrialStore) -> dict[str, TrialArrays]:
    """The arrays that a figure of pictures is drawn from, by trial id; empty for figures of another kind."""
    if not isinstance(spec, PicturesReport):
        return {}
    ids = [row["trial_id"] for row in chosen_trials(table, spec.panels).values() if row["state"] == "done"]
    return {trial_id: trial_arrays(store, trial_id) for trial_id in ids}


def trial_arrays(store: TrialStore, trial_id: str) -> TrialArrays:
    return TrialArrays(without_bits(store.arrays(trial_id)), store.classes(trial_id))


def draw_pictures(table: pd.DataFrame, stored: Stored, store: TrialStore, folder: Path) -> list[Path]:
    """``<protocol>-<trial id>.png``, svg and pdf, of every finished trial that left arrays; the PNG files."""
    paths = []
    for row in table[table["state"] == "done"].to_dict("records"):
        left = TrialArrays(without_bits(stored[row["trial_id"]]))
        if left.protocol in PICTURES:
            left = replace(left, classes=store.classes(row["trial_id"]))
            with house_style(" ".join([row["name"], *left.classes])):
                paths += save_figure(single_picture(row, left), folder, f"{left.protocol}-{row['trial_id']}")[:1]
    return paths

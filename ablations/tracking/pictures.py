"""Pictures of what some protocols leave beside their metrics, drawn into a report's folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ablations.store.right_images import without_bits
from ablations.store.trial_store import TrialStore
from ablations.tracking.content.right_images import Stored
from reports.cells.arrays import TrialArrays, chosen_trials
from reports.pages.redraw import draw_if_changed
from reports.specs import PicturesReport, Report


def chosen_arrays(spec: Report, table: pd.DataFrame, store: TrialStore) -> dict[str, TrialArrays]:
    """The arrays that a figure of pictures is drawn from, by trial id; empty for figures of another kind."""
    if not isinstance(spec, PicturesReport):
        return {}
    ids = [row["trial_id"] for row in chosen_trials(table, spec.panels).values() if row["state"] == "done"]
    return {trial_id: trial_arrays(store, trial_id) for trial_id in ids}


def trial_arrays(store: TrialStore, trial_id: str) -> TrialArrays:
    return TrialArrays(without_bits(store.arrays(trial_id)), store.classes(trial_id))


def draw_pictures(table: pd.DataFrame, stored: Stored, store: TrialStore, folder: Path) -> list[Path]:
    """``<protocol>-<trial id>.png``, svg and pdf, of every finished trial that left arrays; the PNG files. Those that
    would be the same are not drawn again."""
    paths = []
    for row in table[table["state"] == "done"].to_dict("records"):
        left = TrialArrays(without_bits(stored[row["trial_id"]]))
        if left.protocol:
            left = replace(left, classes=store.classes(row["trial_id"]))
            name, texts = f"{left.protocol}-{row['trial_id']}", " ".join([row["name"], *left.classes])
            draw = partial(_draw_picture, row, left, folder, name, texts)
            paths += draw_if_changed(folder, name, (row, left), texts, draw)[:1]
    return paths


def _draw_picture(row: dict[Any, Any], left: TrialArrays, folder: Path, name: str, texts: str) -> list[Path]:
    """The files of a trial's picture; none if there are no pictures of its protocol."""
    from reports.figures.pictures.draw import PICTURES, single_picture  # here, since figures are slow to import
    from reports.style import house_style, save_figure

    if left.protocol not in PICTURES:
        return []
    with house_style(texts):
        return save_figure(single_picture(row, left), folder, name)

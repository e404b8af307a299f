"""The learning curves of a study's trainings, read from the storage without MLflow."""

import numpy as np
import pandas as pd

from ablations.store.folders import each
from ablations.store.trial_store import TrialStore
from core.history import Epoch

Curve = dict[str, np.ndarray]
"""The values after each epoch by name, (epochs,); NaN after an epoch that has none."""


def learning_curves(table: pd.DataFrame, store: TrialStore) -> dict[str, Curve]:
    """The curves of a table's trials by trial id. Baselines, and trainings that have not begun, are left out."""
    grid = table[(table["baseline"] == "") & (table["encoder_id"] != "")]
    encoders = list(dict.fromkeys(grid["encoder_id"]))
    histories = dict(zip(encoders, each(store.root, store.history, encoders), strict=True))
    ids = zip(grid["trial_id"], grid["encoder_id"], strict=True)
    return {trial_id: _curve(histories[encoder_id]) for trial_id, encoder_id in ids if histories[encoder_id]}


def _curve(history: tuple[Epoch, ...]) -> Curve:
    names = dict.fromkeys(name for epoch in history for name in epoch.metrics)
    return {name: np.array([epoch.metrics.get(name, np.nan) for epoch in history]) for name in names}

"""The views that the encoders of an augmentation study learn from: for each cell two views of the same images.

They are made on a machine that has the data, with PyTorch, and kept beside the report for the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from pydantic import ValidationError

from ablations.store.folders import each
from ablations.store.json_files import read_json
from ablations.store.prepared import is_prepared
from ablations.store.trial_store import TrialStore
from core.config import PretrainConfig
from core.errors import DataError
from core.remote import AnyPath

IMAGES = 4
MOST_CELLS = 100
"""The most cells whose views are made."""
FILE = "views.npz"
NO_DATA = (
    "They are drawn where the data is: by 'ablate report', with the --data-dir of the run, on a machine that ran it."
)
MANY = f"They are drawn of studies with at most {MOST_CELLS} cells."


@dataclass(frozen=True)
class Views:
    """The views of a study's cells."""

    by_trial: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The views uint8 (2, images, C, S, S), by the id of one trial of each cell; empty if no augmentation differs."""
    note: str = ""
    """The reason why an augmentation study has none."""


def augmentation_views(table: pd.DataFrame, axes: list[str], store: TrialStore, folder: Path, data: AnyPath) -> Views:
    """The views of each cell, if the cells differ in their augmentations.

    ``folder`` is that of the report, and ``data`` that of the data sets.
    """
    begun = table[(table["baseline"] == "") & (table["encoder_id"] != "")].drop_duplicates(axes)
    encoders = dict(zip(begun["trial_id"], begun["encoder_id"], strict=True))
    paths = [store.encoder_folder(encoder_id) / "config.json" for encoder_id in encoders.values()]
    configs = dict(zip(encoders.values(), each(store.root, read_json, paths), strict=True))
    policies = [config.get("augment") for config in configs.values() if config]
    if all(policy == policies[0] for policy in policies):
        return Views()
    if len(encoders) > MOST_CELLS:
        return Views(note=MANY)
    known = _kept(folder / FILE)
    missing = {name: config for name, config in configs.items() if config and name not in known}
    try:
        made = _made(missing, data)
    except (DataError, ValidationError, OSError) as error:
        return Views(note=f"They cannot be drawn: {error}")
    if missing and not made:
        return Views(note=NO_DATA)
    if made:
        known |= made
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / FILE, **{name: known[name] for name in configs if name in known})  # type: ignore[arg-type]
    return Views({trial_id: known[name] for trial_id, name in encoders.items() if name in known})


def _kept(path: Path) -> dict[str, np.ndarray]:
    """The views that an earlier report made, by the id of the encoder; none if the file is damaged."""
    try:
        with np.load(path) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, BadZipFile):
        return {}


def _made(configs: Mapping[str, Any], data_dir: AnyPath) -> dict[str, np.ndarray]:
    """The views of encoders by id; none if the data is not decoded on this machine."""
    trainings = {name: PretrainConfig.model_validate(config) for name, config in configs.items()}
    needed = {training.data for training in trainings.values()}
    if not isinstance(data_dir, Path) or not all(is_prepared(data, data_dir) for data in needed):
        return {}
    from core import load_data  # here, since PyTorch comes with it
    from core.pretraining.shown_views import shown_views

    loaded = {data: load_data(data, data_dir) for data in needed}
    return {name: shown_views(one, loaded[one.data], IMAGES).numpy() for name, one in trainings.items()}

"""The image folders of a trial, and which images they had: their fingerprints are part of its identity."""

from collections.abc import Iterator

from ablations.types.choices import SeedPath, with_value
from core.config import DataConfig, TrainConfig

IMAGES = "images"
"""Fact of a result: the folders and their fingerprints."""
FINGERPRINT = "fingerprint"
"""Name of the setting."""


def data_of(config: TrainConfig) -> Iterator[tuple[SeedPath, DataConfig]]:
    """The data sets that a configuration names, by the paths of their settings."""
    yield ("data",), config.pretrain.data
    if config.evaluate.data:
        yield ("evaluate", "data"), config.evaluation_data


def without_fingerprints(config: TrainConfig) -> TrainConfig:
    """The configuration as it was before there were fingerprints."""
    for path, data in data_of(config):
        if data.fingerprint:
            config = with_value(config, (*path, FINGERPRINT), None)
    return config


def images_text(config: TrainConfig) -> str:
    """``photos 0f3a5c7e9b1d2f46``; several are separated by commas, and none are empty."""
    own = (f"{data.name} {data.fingerprint}" for data in config.all_data if data.fingerprint)
    return ", ".join(dict.fromkeys(own))

"""The images of a trial in words: which folders they are of, and their fingerprints."""

from core.config import TrainConfig

IMAGES = "images"
"""Fact of a result, and key of a description: the folders and their fingerprints."""


def images_text(config: TrainConfig) -> str:
    """``photos 0f3a5c7e9b1d2f46``; several are separated by commas, and none are empty."""
    own = {data.name: data.fingerprint for data in config.all_data if data.fingerprint}
    return ", ".join(f"{name} {fingerprint}" for name, fingerprint in own.items())

"""The mean and deviation that a library's model takes its views normalised by."""

from typing import Literal

from core.config.models.library import LibraryConfig, Timm
from core.config.models.normalization import Moments
from core.encoder.libraries.network import timm_card


def moments(config: LibraryConfig) -> Moments | Literal["data"] | None:
    """Return the mean and deviation that views are normalised by, as ``Normalizing.moments`` does, or as the tag of the
    weights asks."""
    if config.normalize == "auto" and config.tag:
        return _moments_of(config, config.tag)
    return config.moments


def _moments_of(config: LibraryConfig, tag: str) -> Moments:
    if isinstance(config, Timm):
        card = timm_card(f"{config.name}.{tag}")
        return tuple(card.mean), tuple(card.std)
    from torchvision import models

    shown = models.get_model_weights(config.name)[tag].transforms()
    return tuple(shown.mean), tuple(shown.std)

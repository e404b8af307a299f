"""The mean and deviation that a library's model takes its views normalised by."""

from core.config.models.library import LibraryConfig, Timm
from core.encoder.libraries.network import timm_card

Moments = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and deviation of pixels in [0, 1], by colour."""
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's pixels."""


def moments(config: LibraryConfig) -> Moments | None:
    """Return the mean and deviation that views are normalised by; None where they stay as they are."""
    if config.normalize == "auto" and config.tag:
        return _moments_of(config, config.tag)
    return IMAGENET if config.normalize == "imagenet" else None


def _moments_of(config: LibraryConfig, tag: str) -> Moments:
    if isinstance(config, Timm):
        card = timm_card(f"{config.name}.{tag}")
        return tuple(card.mean), tuple(card.std)
    from torchvision import models

    shown = models.get_model_weights(config.name)[tag].transforms()
    return tuple(shown.mean), tuple(shown.std)

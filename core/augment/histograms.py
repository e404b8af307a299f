"""Figure 6: what colour distortion does to the histogram of a crop."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.augment.operations.levels import to_bytes
from core.augment.policy import apply_all
from core.config.operations import ColorForm, Crop
from core.config.policies import color_distortion
from core.randomness import generator


@dataclass(frozen=True)
class Crops:
    """One panel of Figure 6."""

    images: Tensor
    """uint8 (N, K, 3, S, S): K crops of each of N images."""
    histograms: Tensor
    """float32 (N, K, bins): shares of each crop's values, over all channels; each sums to 1."""


def colour_histograms(
    images: Tensor,
    seed: int,
    crops: int = 4,
    bins: int = 32,
    strength: float = 1.0,
    color_form: ColorForm = "torchvision",
) -> Crops:
    """Return crops of uint8 images (N, 3, S, S), with colour distortion (Sec 3.1, Figure 6).

    Crop and colour distortion are those of the default policy (appendix A), drawn for each crop, but the jitter is
    applied to all. A ``strength`` of 0 leaves out both jitter and grayscale. A seed gives the same crops at every
    strength. Raises ValueError where ``bins`` does not divide the 256 values evenly.
    """
    if not (0 < bins <= 256 and 256 % bins == 0):
        raise ValueError(f"bins must divide 256, as 32 does, so that each holds as many values; not {bins}")
    draws = generator(seed, "colour histograms", device=images.device)
    views = apply_all((Crop(),), images.repeat_interleave(crops, dim=0).float().div_(255), draws)
    if strength:
        jitter, drop = color_distortion(strength, color_form)
        views = apply_all((jitter.model_copy(update={"probability": 1.0}), drop), views, draws)
    made = to_bytes(views)
    shares = torch.stack([_histogram(view, bins) for view in made])
    return Crops(made.unflatten(0, (-1, crops)), shares.unflatten(0, (-1, crops)))


def _histogram(image: Tensor, bins: int) -> Tensor:
    """Shares (bins,) of the values of a uint8 image (3, S, S); they sum to 1."""
    places = image.flatten().long() // (256 // bins)
    return places.bincount(minlength=bins) / len(places)

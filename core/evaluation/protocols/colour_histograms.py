"""How well the colours of a crop identify its image. Paper, Sec 3.1 and Figure 6."""

import torch
from torch import Tensor

from core.augment.histograms import colour_histograms
from core.config.protocols.pictures import ColourHistograms
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.scores import Scores
from core.randomness import generator
from core.trained.pretrained import Pretrained


def score_colour_histograms(config: ColourHistograms, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return crops of some images and their histograms, and how well the histograms tell images apart.

    Arrays: ``colour_histograms/crops``, uint8 (N, K, 3, S, S), and ``colour_histograms/histograms``, float32 (N, K,
    bins).

    Metrics of ours, over more images: ``colour_histograms/same_image`` is the percentage of crops whose most similar
    histogram among all others belongs to a crop of the same image. ``colour_histograms/distance_same`` and
    ``colour_histograms/distance_other`` are the mean distances between the histograms of two crops, of one image and of
    two. A distance is half the sum of absolute differences in percent: 0 if the histograms are equal, 100 if they have
    no value in common.

    Raises ``DataError`` where there are fewer than two images.
    """
    if len(data.train) < 2:
        raise DataError(
            f"colour histograms of two images are compared, but {data.name} has {len(data.train)} training images"
        )
    seed = pretrained.config.seed if config.seed is None else config.seed
    order = torch.randperm(len(data.train), generator=generator(seed, "colour histograms: images"))
    images = data.train.images[order[: config.images]]
    made = colour_histograms(images, seed, config.crops, config.bins, config.strength, config.color_form)
    arrays = {
        "colour_histograms/crops": made.images[: config.shown],
        "colour_histograms/histograms": made.histograms[: config.shown],
    }
    return Scores(_metrics(made.histograms), arrays)


def _metrics(histograms: Tensor) -> dict[str, float]:
    """Return the metrics of histograms (N, K, bins)."""
    flat = histograms.flatten(0, 1).double()
    distances = 50 * torch.cdist(flat, flat, p=1)
    image = torch.arange(len(histograms)).repeat_interleave(histograms.shape[1])
    same, itself = image[:, None] == image, torch.eye(len(flat), dtype=torch.bool)
    nearest = distances.masked_fill(itself, torch.inf).argmin(dim=1)
    return {
        "colour_histograms/same_image": 100 * (image[nearest] == image).double().mean().item(),
        "colour_histograms/distance_same": distances[same & ~itself].mean().item(),
        "colour_histograms/distance_other": distances[~same].mean().item(),
    }

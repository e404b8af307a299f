"""Representations of all images of a split."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from core.augment.resample import resize
from core.data.batches import in_order
from core.data.dataset import Split
from core.data.streamed import StreamedImages
from core.numerics import Numerics
from core.trained.pretrained import Pretrained

BATCH = 500


def scored_part(pretrained: Pretrained, representation: Literal["h", "z"] | int) -> nn.Sequential:
    """Return f, followed by the layers of g that the representation needs. The modules are the encoder's own."""
    depth = len(pretrained.head) if representation == "z" else 0 if representation == "h" else representation
    return nn.Sequential(pretrained.encoder, *pretrained.head[:depth])


def encode(model: nn.Module, pretrained: Pretrained, split: Split) -> tuple[Tensor, Tensor]:
    """Return features (N, d) and labels (N,) or (N, classes) of the images that have a label, on the encoder's
    device."""
    split = split.labelled()
    features = extract(model, split.images, pretrained.numerics, pretrained.device, split.view_size)
    return features, split.labels.to(features.device)


def extract(
    model: nn.Module,
    images: Tensor | StreamedImages,
    numerics: Numerics,
    device: torch.device,
    view_size: int | None = None,
) -> Tensor:
    """Return the outputs of ``model``, float32 (N, d) on ``device``, for uint8 images (N, 3, S, S), unaugmented and
    resized to ``view_size`` if that is given."""
    views = (resize(batch.float().div_(255), view_size) for batch in in_order(images, BATCH, device))
    return extract_views(model, views, numerics)


def extract_views(model: nn.Module, batches: Iterable[Tensor], numerics: Numerics) -> Tensor:
    """Return the outputs of ``model``, float32 (N, d), for batches of float32 views (B, 3, S, S) in [0, 1] on its
    device.

    It runs in evaluation mode: batch norm uses its running statistics and keeps them. Afterwards every module is in the
    mode that it was in.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            return torch.cat([_features(model, views, numerics) for views in batches])
    finally:
        for module, mode in modes:
            module.training = mode


def _features(model: nn.Module, views: Tensor, numerics: Numerics) -> Tensor:
    with numerics.autocast(views.device):
        features: Tensor = model(views.contiguous(memory_format=numerics.memory_format))
    return features.float()


def standardise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Scale features (N, d) to zero mean and unit variance, both measured on ``train`` only."""
    mean, deviation = train.mean(dim=0), train.std(dim=0).clamp(min=1e-6)
    return [(features - mean) / deviation for features in (train, *others)]

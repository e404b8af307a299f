"""Representations of a whole split."""

import torch
from torch import Tensor, nn

from core.numerics import Numerics

BATCH = 500


def extract(model: nn.Module, images: Tensor, numerics: Numerics, device: torch.device) -> Tensor:
    """What ``model`` gives for uint8 images (N, 3, S, S), whole and unaugmented: float32 (N, d) on ``device``.

    It is in evaluation mode meanwhile: batch norm uses its running statistics and keeps them.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode(), numerics.autocast(device):
            return torch.cat([_features(model, batch, numerics, device) for batch in images.split(BATCH)])
    finally:
        model.train(was_training)


def _features(model: nn.Module, images: Tensor, numerics: Numerics, device: torch.device) -> Tensor:
    views = images.to(device, non_blocking=True).float().div_(255)
    features: Tensor = model(views.contiguous(memory_format=numerics.memory_format))
    return features.float()


def standardise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Zero mean and unit variance of every feature, both measured on ``train`` (N, d) alone."""
    mean, deviation = train.mean(dim=0), train.std(dim=0).clamp(min=1e-6)
    return [(features - mean) / deviation for features in (train, *others)]

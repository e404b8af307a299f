"""Representations of a whole split."""

import torch
from torch import Tensor, nn

from core.numerics import Numerics

BATCH = 500


def extract(encoder: nn.Module, images: Tensor, numerics: Numerics, device: torch.device) -> Tensor:
    """h of uint8 images (N, 3, S, S), whole and unaugmented -> float32 (N, width of h) on ``device``.

    The encoder is in evaluation mode meanwhile: batch norm uses its running statistics and keeps them.
    """
    was_training = encoder.training
    encoder.eval()
    try:
        with torch.inference_mode(), numerics.autocast(device):
            return torch.cat([_features(encoder, batch, numerics, device) for batch in images.split(BATCH)])
    finally:
        encoder.train(was_training)


def _features(encoder: nn.Module, images: Tensor, numerics: Numerics, device: torch.device) -> Tensor:
    views = images.to(device, non_blocking=True).float().div_(255)
    features: Tensor = encoder(views.contiguous(memory_format=numerics.memory_format))
    return features.float()


def standardise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Zero mean and unit variance of every feature, both measured on ``train`` (N, d) alone."""
    mean, deviation = train.mean(dim=0), train.std(dim=0).clamp(min=1e-6)
    return [(features - mean) / deviation for features in (train, *others)]

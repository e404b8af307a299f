"""Projections on the unit sphere, and how far they spread on it."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def widened(z: Tensor) -> Tensor:
    """Return z in float32 or wider, for a loss of outputs in half precision."""
    return z.to(torch.promote_types(z.dtype, torch.float32))


def unit(z: Tensor) -> Tensor:
    """Return z (N, d) with l2-normalised rows, in float32 or wider."""
    return F.normalize(widened(z), dim=1)


@torch.no_grad()
def spread(z: Tensor) -> Tensor:
    """Return sqrt(d) times the standard deviation over the batch of the normalised z (N, d), averaged over features.

    It is about 1 for directions that are uniform on the sphere, and 0 where all images have one direction: a collapse.
    SimSiam's paper watches it without the factor (Chen and He 2021).
    """
    deviations: Tensor = unit(z).std(dim=0, correction=0)
    return deviations.mean() * math.sqrt(z.shape[1])

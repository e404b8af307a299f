"""How well logits explain labels: by a softmax where an image has one label, by a sigmoid for each class where it has
several.

Logits are (classes, N) here: long rows are several times faster than short ones.
"""

import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy over the images in nats, of logits (classes, N) and labels (N,).

    For labels (N, classes) of 0 or 1 it is the binary cross-entropy of each class, summed over the classes. Images that
    leave a class open (-1) do not count in its mean.
    """
    if labels.ndim == 1:
        return F.cross_entropy(logits[None], labels[None])
    there, known = (labels.T == 1).to(logits.dtype), (labels.T >= 0).to(logits.dtype)
    losses = F.binary_cross_entropy_with_logits(logits, there, known, reduction="none")
    return (losses.sum(dim=1) / known.sum(dim=1).clamp(min=1)).sum()


def curvature(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean second derivative of an image's cross-entropy by a logit: a scalar for logits (classes, N)."""
    probabilities = logits.softmax(dim=0) if labels.ndim == 1 else logits.sigmoid()
    return (probabilities * (1 - probabilities)).mean()

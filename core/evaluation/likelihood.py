"""How well logits explain labels: those of one class an image by a softmax, those of several by a sigmoid each.

Logits are (classes, N) here: long rows are several times faster than short ones.
"""

import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over the images, in nats: logits (classes, N), labels (N,).

    Of labels (N, classes) that are 0 or 1, the binary cross-entropy of each class, summed over the classes; each is
    the mean over the images that do not leave that class open (-1).
    """
    if labels.ndim == 1:
        return F.cross_entropy(logits[None], labels[None])
    there, known = (labels.T == 1).to(logits.dtype), (labels.T >= 0).to(logits.dtype)
    losses = F.binary_cross_entropy_with_logits(logits, there, known, reduction="none")
    return (losses.sum(dim=1) / known.sum(dim=1).clamp(min=1)).sum()


def curvature(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean second derivative of an image's cross-entropy in a logit: logits (classes, N) -> scalar."""
    probabilities = logits.softmax(dim=0) if labels.ndim == 1 else logits.sigmoid()
    return (probabilities * (1 - probabilities)).mean()

"""The supervised baseline's loss."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.loss.contrast import Contrast


def cross_entropy(logits: Tensor, labels: Tensor) -> Contrast:
    """logits (N, classes), labels (N,) -> the mean loss in nats, and the predictions' entropy and accuracy."""
    log_p = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(dim=1)
    predictions = log_p.detach()
    entropy = -(predictions.exp() * predictions).sum(dim=1).mean()
    return Contrast(F.nll_loss(log_p, labels), entropy, (predictions.argmax(dim=1) == labels).float().mean())

"""The supervised baseline's loss."""

import torch.nn.functional as F
from torch import Tensor

from core.loss.outcome import Outcome
from core.loss.unit import widened


def cross_entropy(logits: Tensor, labels: Tensor) -> Outcome:
    """Return the mean loss in nats of logits (N, classes) and labels (N,), computed in float32 or wider.

    Statistics: ``entropy`` is the mean entropy of the predictions, in nats; ``supervised_top1`` is the share of images
    that are classified correctly.
    """
    log_p = widened(logits).log_softmax(dim=1)
    predictions = log_p.detach()
    entropy = -(predictions.exp() * predictions).sum(dim=1).mean()
    top1 = (predictions.argmax(dim=1) == labels).float().mean()
    return Outcome(F.nll_loss(log_p, labels), {"entropy": entropy, "supervised_top1": top1})

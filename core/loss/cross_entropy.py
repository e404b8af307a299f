"""The supervised baseline's loss."""

import torch.nn.functional as F
from torch import Tensor

from core.loss.mixed import MixedTargets
from core.loss.outcome import Outcome
from core.loss.unit import widened


def cross_entropy(logits: Tensor, labels: Tensor, mixed: MixedTargets | None = None) -> Outcome:
    """Return the mean loss in nats of logits (N, classes) and labels (N,), computed in float32 or wider. Views that
    show two images have the labels of both, by their shares.

    Statistics: ``entropy`` is the mean entropy of the predictions, in nats; ``supervised_top1`` is the share of images
    that are classified correctly.
    """
    log_p = widened(logits).log_softmax(dim=1)
    predictions = log_p.detach()
    entropy = -(predictions.exp() * predictions).sum(dim=1).mean()
    predicted = predictions.argmax(dim=1)
    if mixed is None:
        loss, top1 = F.nll_loss(log_p, labels), (predicted == labels).float().mean()
    else:
        both = (labels, mixed.others)
        loss = mixed.weigh(*(F.nll_loss(log_p, each, reduction="none") for each in both)).mean()
        top1 = mixed.weigh(*((predicted == each).float() for each in both)).mean()
    return Outcome(loss, {"entropy": entropy, "supervised_top1": top1})

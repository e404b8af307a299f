"""What a batch of projections costs, and what Table 5 counts beside it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.loss import ContrastiveLoss, Margin, NtLogistic, NtXent
from core.loss.nt_xent import nt_xent
from core.loss.statistics import statistics
from core.loss.triplets import margin, nt_logistic


class Contrast(NamedTuple):
    """Scalars of one batch."""

    loss: Tensor
    """Mean over the 2N views."""
    entropy: Tensor
    """Of a first branch view's distribution over the second branch's N views, in nats; at most ln N. Table 5.
    In a supervised training, of the distribution over the classes."""
    top1: Tensor
    """Share of first branch views whose most similar second branch view is their positive. Table 5.
    In a supervised training, share of images that are classified correctly."""


def contrast(z: Tensor, config: ContrastiveLoss) -> Contrast:
    """z (2N, d), where rows i and N + i are a positive pair -> the loss and its statistics, in float32 or wider.

    The entropy is that of a softmax at the loss's temperature; the margin loss has none, and 1 stands for it.
    """
    z = z.to(torch.promote_types(z.dtype, torch.float32))
    z = F.normalize(z, dim=1) if config.normalize else z
    temperature = 1.0 if isinstance(config, Margin) else config.temperature
    return Contrast(_loss(z, config), *statistics(z.detach(), temperature))


def _loss(z: Tensor, config: ContrastiveLoss) -> Tensor:
    one_view = config.negatives == "one_view"
    match config:
        case NtXent():
            return nt_xent(z, config.temperature, one_view)
        case NtLogistic():
            return nt_logistic(z, config.temperature, one_view, config.semi_hard)
        case Margin():
            return margin(z, config.margin, one_view, config.semi_hard)

"""NT-Xent, equation 1 of the paper, and what Table 5 counts beside it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.model import LossConfig


class Contrast(NamedTuple):
    """Scalars of one batch."""

    loss: Tensor
    """Mean over the 2N views."""
    entropy: Tensor
    """Of a first branch view's distribution over the second branch's N views, in nats; at most ln N. Table 5."""
    top1: Tensor
    """Share of first branch views whose most similar second branch view is their positive. Table 5."""


def nt_xent(z: Tensor, config: LossConfig) -> Contrast:
    """z (2N, d), where rows i and N + i are a positive pair -> the loss and its statistics, in float32.

    Each view is told from 2(N - 1) negatives, the other views of both branches; its similarity to itself
    is masked out, so that no exponential overflows at a small temperature.
    """
    z = F.normalize(z.float(), dim=1) if config.normalize else z.float()
    logits = z @ z.T / config.temperature
    batch = len(z) // 2
    positive = torch.cat([logits.diagonal(batch), logits.diagonal(-batch)])
    others = logits.masked_fill(torch.eye(2 * batch, dtype=torch.bool, device=z.device), float("-inf"))
    loss = (others.logsumexp(dim=1) - positive).mean()
    with torch.no_grad():
        log_p = logits[:batch, batch:].log_softmax(dim=1)
        entropy = -(log_p.exp() * log_p).sum(dim=1).mean()
        top1 = (log_p.argmax(dim=1) == torch.arange(batch, device=z.device)).float().mean()
    return Contrast(loss, entropy, top1)

"""How well a batch's positive pairs are recognised: the columns of Table 5."""

import torch
from torch import Tensor

from core.loss.tiles import tiles


@torch.no_grad()
def statistics(z: Tensor, temperature: float, by_distance: bool = False) -> tuple[Tensor, Tensor]:
    """Return the entropy of z (2N, d) in nats, at most ln N, and the contrastive accuracy from 0 to 1, each a scalar.

    As in the released code, a view of the first branch is compared with the N of the second branch, and not with the 2N
    - 1 that the loss sees. The similarity is the dot product, or minus half the squared distance.
    """
    batch = len(z) // 2
    nearer = -z[batch:].square().sum(dim=1) / 2 if by_distance else 0.0  # |u|^2 is the same for all candidates
    entropy, hits = z.new_zeros(()), z.new_zeros(())
    for branch, rows in tiles(batch, batch):
        if branch == 0:
            log_p = (z[rows] @ z[batch:].T).add_(nearer).div_(temperature).log_softmax(dim=1)
            entropy -= (log_p.exp() * log_p).sum()
            hits += (log_p.argmax(dim=1) == torch.arange(rows.start, rows.stop, device=z.device)).sum()
    return entropy / batch, hits / batch

"""The two views of every image, one block each."""

import torch
from torch import Tensor

from core.augment.policy import two_views
from core.config.policies import PolicyConfig
from core.data.dataset import Batch


def view_pair(batch: Batch, policy: PolicyConfig, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the first view of every image (B, C, S, S), and the second. Each goes through the encoder on its own,
    with its own batch norm statistics, as in the released code of all methods but SimCLR."""
    first, second = two_views(batch.images, policy, draws, batch.view_size).chunk(2)
    return first, second

"""A target: a copy of encoder and head that follows them slowly (MoCo, BYOL)."""

import copy

import torch
from torch import Tensor, nn

from core.encoder.encoder import Encoder


class Target(nn.Module):
    """Encoder and head without a gradient, whose parameters are a moving average of the trained ones.

    Only parameters follow. Batch norm's running statistics are the target's own, from the views that it sees, as in the
    released code of MoCo and BYOL. It starts equal to the trained ones, as MoCo's does; BYOL's starts from another
    draw, and its authors "did not notice a significant different" (``byol_experiment.py``).
    """

    def __init__(self, encoder: Encoder, head: nn.Sequential) -> None:
        super().__init__()
        self.encoder, self.head = copy.deepcopy(encoder), copy.deepcopy(head)
        self.requires_grad_(False)

    @torch.no_grad()
    def follow(self, encoder: Encoder, head: nn.Sequential, momentum: float) -> None:
        """Move every parameter: momentum * old + (1 - momentum) * trained."""
        trained: list[Tensor] = [*encoder.parameters(), *head.parameters()]
        torch._foreach_lerp_(list(self.parameters()), trained, 1 - momentum)

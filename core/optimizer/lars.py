"""LARS (You et al. 2017) as in the released code of SimCLR."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class Lars(torch.optim.Optimizer):
    """Momentum SGD whose step on each adapted tensor is scaled by trust_coefficient * |w| / |g|.

    Weight decay is added to the gradient before its norm is taken, and the learning rate is part of the momentum
    buffer. A tensor whose weight or gradient is all zero takes a step of the plain learning rate, and so does every
    tensor of a group with ``adapt=False``: batch norm and biases, whose group has no weight decay either.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        lr: float,
        momentum: float,
        weight_decay: float,
        trust_coefficient: float,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "adapt": True,
        }
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update all weights; reads nothing back from the device."""
        for group in self.param_groups:
            weights = [w for w in group["params"] if w.grad is not None]
            if weights:
                self._update(weights, group)

    def _update(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [w.grad for w in weights if w.grad is not None]
        if group["adapt"] or group["weight_decay"]:
            gradients = list(torch._foreach_add(gradients, weights, alpha=group["weight_decay"]))
        if group["adapt"]:
            trust = _trust(weights, gradients, group["trust_coefficient"])
            gradients = list(torch._foreach_mul(gradients, trust))
        buffers = [self._buffer(w) for w in weights]
        torch._foreach_mul_(buffers, group["momentum"])
        torch._foreach_add_(buffers, gradients, alpha=group["lr"])
        torch._foreach_sub_(weights, buffers)

    def _buffer(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        buffer: Tensor = state["momentum_buffer"]
        return buffer


def _trust(weights: list[Tensor], gradients: list[Tensor], coefficient: float) -> list[Tensor]:
    """Return the trust ratio of each tensor, 1 where either norm is 0."""
    weight_norms = torch.stack(torch._foreach_norm(weights))
    gradient_norms = torch.stack(torch._foreach_norm(gradients))
    adapted = (weight_norms > 0) & (gradient_norms > 0)
    ratios = torch.where(adapted, coefficient * weight_norms / gradient_norms, 1.0)
    return list(ratios.unbind())

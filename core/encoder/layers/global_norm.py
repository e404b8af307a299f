"""Batch norm over the batches of all processes: "Global BN" of the paper, Sec 2.2.

torch.nn.SyncBatchNorm computes the same on GPUs by fused kernels. It refuses the CPU, and gathers wrong statistics in
bfloat16 where a process has no views, as in small chunks. ``GlobalBatchNorm`` is right everywhere; the tests compare
both with a single process.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from core.distributed import add_up, gathered, own_share


def make_batch_norm_global(model: nn.Module, fused: bool = False) -> None:
    """Replace every batch norm inside ``model`` by a ``GlobalBatchNorm``, or by a torch.nn.SyncBatchNorm if ``fused``
    and no activation is part of it; parameters, buffers and their names stay. Does nothing in a single process."""
    if own_share().processes == 1:
        return
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                is_fused = fused and not hasattr(child, "act")
                setattr(parent, name, nn.SyncBatchNorm.convert_sync_batchnorm(child) if is_fused else _global(child))


class GlobalBatchNorm(_BatchNorm):
    """Batch norm of x (B, C) or (B, C, H, W), where every process has a B of its own, which may be 0.

    In training, mean and variance are those of all processes' x together, and so is the gradient of x. The gradients of
    weight and bias, where it has them, are those of this process's views, to be added up like those of all other
    weights. Every process must run the same batch norms in the same order, in the backward pass too.
    """

    running_mean: Tensor
    running_var: Tensor
    momentum: float

    def _check_input_dim(self, input: Tensor) -> None:
        """Accept any number of dimensions."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        y, mean, variance = _Normalize.apply(x, self.weight, self.bias, self.eps)
        self._track(mean, variance)
        return y  # type: ignore[no-any-return]

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


class ActivatedBatchNorm(GlobalBatchNorm):
    """Batch norm and the activation ``act`` after it, one module in timm (``BatchNormAct2d``)."""

    act: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(super().forward(x))
        return y


class _Normalize(torch.autograd.Function):
    """Returns the output, and mean (C,) and unbiased variance (C,) over all processes."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        count, mean, squares = _global_moments(x)
        variance = squares / count
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps), count)
        y = F.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)
        unbiased = squares / (count - 1)
        ctx.mark_non_differentiable(mean, unbiased)
        return y, mean, unbiased

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, scale, count = ctx.saved_tensors
        shape = _channels(x)
        normal = (x.to(mean.dtype) - mean.view(shape)).mul_(scale.view(shape))
        dy = upstream.to(mean.dtype)
        local = torch.stack([(dy * normal).sum(_reduced(x)), dy.sum(_reduced(x))])
        along, constant = (add_up(local.clone()) / count).view(2, *shape)
        factor = scale if weight is None else weight * scale
        dx = (dy - constant).sub_(normal.mul_(along)).mul_(factor.view(shape))
        own = (each if wanted else None for each, wanted in zip(local, ctx.needs_input_grad[1:3], strict=True))
        return dx.to(x.dtype), *own, None


def _global_moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the number of values in a channel (1,), their mean (C,) and their sum of squares about it (C,), over all
    processes, in float32 or wider.

    Each process's own mean and squares are gathered and combined as in Chan et al. (1979): a difference of two large
    sums would lose the variance of a channel that is far from 0.
    """
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    variance, mean = torch.var_mean(x, _reduced(x), correction=0) if len(x) else x.new_zeros(2, x.shape[1])
    count = torch.full_like(mean[:1], x.numel() // x.shape[1])
    counts, means, squares = gathered(torch.cat([count, mean, variance * count])).split([1, len(mean), len(mean)], 1)
    total = counts.sum(0)
    mean = (counts * means).sum(0) / total
    return total, mean, (squares + counts * (means - mean).square()).sum(0)


def _reduced(x: Tensor) -> tuple[int, ...]:
    """Return all dimensions except the channels'."""
    return (0, *range(2, x.ndim))


def _channels(x: Tensor) -> tuple[int, ...]:
    """Return the shape in which values of the channels (C,) broadcast with x."""
    return (1, -1, *[1] * (x.ndim - 2))


def _global(norm: _BatchNorm) -> GlobalBatchNorm:
    kind = ActivatedBatchNorm if hasattr(norm, "act") else GlobalBatchNorm
    result = kind(norm.num_features, norm.eps, norm.momentum)
    for name, child in norm.named_children():
        setattr(result, name, child)
    result.weight, result.bias = norm.weight, norm.bias
    for name, buffer in norm.named_buffers():
        setattr(result, name, buffer)
    return result.train(norm.training)

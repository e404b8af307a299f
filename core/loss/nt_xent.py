"""NT-Xent, equation 1 of the paper, in tiles."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from core.config.methods import NtXent
from core.loss.tiles import tiles


def nt_xent_of(z: Tensor, config: NtXent) -> Tensor:
    """Return ``nt_xent`` with the settings of a configuration."""
    return nt_xent(z, config.temperature, config.negatives == "one_view")


def nt_xent(z: Tensor, temperature: float, one_view: bool = False) -> Tensor:
    """Return the mean loss over the 2N views, for z (2N, d) where rows i and N + i are a positive pair.

    The negatives of a view are all other views, or those of the other branch only (``one_view``). Its similarity to
    itself is masked out, so that no exponential overflows at a small temperature. The backward pass computes the
    similarities again: besides z and its gradient, only one tile and 2N numbers are kept.
    """
    return _NtXent.apply(z, temperature, one_view)  # type: ignore[no-any-return]


class _NtXent(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, temperature: float, one_view: bool) -> Tensor:
        batch = len(z) // 2
        normalizer = z.new_empty(2 * batch)
        for branch, rows in tiles(batch, batch if one_view else 2 * batch):
            normalizer[rows] = _logits(z, branch, rows, temperature, one_view).logsumexp(dim=1)
        positive = (z[:batch] * z[batch:]).sum(dim=1) / temperature
        ctx.save_for_backward(z, normalizer)
        ctx.temperature, ctx.one_view = temperature, one_view
        return normalizer.mean() - positive.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        z, normalizer = ctx.saved_tensors
        batch = len(z) // 2
        gradient = -2 * z.roll(batch, dims=0)  # towards the positive, which is one in both rows of the pair
        for branch, rows in tiles(batch, batch if ctx.one_view else 2 * batch):
            logits = _logits(z, branch, rows, ctx.temperature, ctx.one_view)
            share = logits.sub_(normalizer[rows, None]).exp_()
            columns = _columns(batch, branch, ctx.one_view)
            gradient[rows].addmm_(share, z[columns])
            gradient[columns].addmm_(share.T, z[rows])
        return gradient.mul_(upstream / (ctx.temperature * len(z))), None, None


def _logits(z: Tensor, branch: int, rows: slice, temperature: float, one_view: bool) -> Tensor:
    """Return the logits of some rows against their candidates; a view is not its own candidate."""
    logits = (z[rows] @ z[_columns(len(z) // 2, branch, one_view)].T).div_(temperature)
    if not one_view:
        logits.diagonal(rows.start)[: rows.stop - rows.start].fill_(float("-inf"))
    return logits


def _columns(batch: int, branch: int, one_view: bool) -> slice:
    """Return the candidates: the branch that the positive is in, or both branches."""
    other = 1 - branch
    return slice(other * batch, (other + 1) * batch) if one_view else slice(0, 2 * batch)

"""One training in several processes: what each has of a batch, and what they tell each other.

The process group is that of torch.distributed, NCCL or gloo, and whoever starts the processes begins it. Without one,
or in one of a single process, a share is the whole batch and nothing is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from core.errors import ProcessLost

Value = TypeVar("Value")


@dataclass(frozen=True)
class Share:
    """Of every batch the ``rank``-th of so many equal parts, one for each process."""

    rank: int = 0
    processes: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process speaks and writes for all."""
        return self.rank == 0

    def rows(self, batch_size: int) -> slice:
        """Of the batch's images. ValueError where the parts cannot be equal."""
        if batch_size % self.processes:
            raise ValueError(f"batch_size {batch_size:,} cannot be shared out evenly among {self.processes} processes")
        size = batch_size // self.processes
        return slice(self.rank * size, (self.rank + 1) * size)

    def part(self, whole: Tensor, copies: int, dimension: int = 0) -> Tensor:
        """The rows along a dimension, which has those of all images ``copies`` times, as the views of a batch are."""
        if self.processes == 1:
            return whole
        apart = whole.unflatten(dimension, (copies, self.processes, -1))
        own: Tensor = apart.select(dimension + 1, self.rank).flatten(dimension, dimension + 1)
        return own


def own_share() -> Share:
    """Of this process in its group."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return Share()


def gather(own: Tensor, copies: int) -> Tensor:
    """Every process' rows (copies * n, d) -> those of the whole batch (copies * N, d), as one process has them.

    The gradient that comes back is the sum of what all processes make of these rows: without it, a negative would
    only be pushed away in its own process.
    """
    if own_share().processes == 1:
        return own
    whole: Tensor = _Gather.apply(own).unflatten(1, (copies, -1)).transpose(0, 1).flatten(0, 2)
    return whole


class _Gather(torch.autograd.Function):
    """(n, d) of every process -> (processes, n, d)."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        return gathered(own)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        total = upstream.clone(memory_format=torch.contiguous_format)
        return add_up(total)[own_share().rank]


def average_gradients(model: nn.Module) -> None:
    """Every process then has the mean over all: where each took the loss of the whole batch, that loss's gradient."""
    processes = own_share().processes
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    if processes == 1 or not gradients:
        return
    total = add_up(torch.cat([gradient.flatten() for gradient in gradients])).div_(processes)
    parts = total.split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(gradients, [part.view(g.shape) for part, g in zip(parts, gradients, strict=True)])


def gathered(own: Tensor) -> Tensor:
    """(...) of every process, of one shape -> (processes, ...). Without a gradient."""
    whole = own.new_empty(own_share().processes, *own.shape)
    with _told():
        distributed.all_gather(list(whole.unbind()), own.contiguous())
    return whole


def add_up(values: Tensor) -> Tensor:
    """The sum over all processes, in the place of ``values``."""
    with _told():
        distributed.all_reduce(values)
    return values


def agreed(decide: Callable[[], Value], device: torch.device) -> Value:
    """What the leading process decides; the others do not."""
    share = own_share()
    if share.processes == 1:
        return decide()
    told: list[Any] = [decide() if share.leads else None]
    with _told():
        distributed.broadcast_object_list(told, src=0, device=device)
    value: Value = told[0]
    return value


@contextmanager
def _told() -> Iterator[None]:
    """gloo has no error of its own for another process that is gone."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise ProcessLost(f"another process of this training is gone: {error}") from error

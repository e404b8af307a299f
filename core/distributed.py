"""One training in several processes: each process's part of a batch, and what the processes exchange.

The process group is that of torch.distributed, with NCCL or gloo; whoever starts the processes sets it up. Without a
group, or in a group of one process, a share is the whole batch and nothing is exchanged.
"""

from collections.abc import Callable, Iterator, Sequence
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
    """One of several equal parts of every batch: the part of process number ``rank``."""

    rank: int = 0
    processes: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files and reports for all."""
        return self.rank == 0

    def rows(self, batch_size: int) -> slice:
        """The rows of the batch's images that belong to this share. Raises ValueError where the parts cannot be
        equal."""
        if batch_size % self.processes:
            raise ValueError(f"batch_size {batch_size:,} cannot be shared out evenly among {self.processes} processes")
        size = batch_size // self.processes
        return slice(self.rank * size, (self.rank + 1) * size)

    def part(self, whole: Tensor, copies: int, dimension: int = 0) -> Tensor:
        """The share's rows of a tensor that holds, along one dimension, the rows of all images ``copies`` times, as the
        views of a batch do."""
        if self.processes == 1:
            return whole
        apart = whole.unflatten(dimension, (copies, self.processes, -1))
        own: Tensor = apart.select(dimension + 1, self.rank).flatten(dimension, dimension + 1)
        return own


def own_share() -> Share:
    """The share of this process in its group."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return Share()


def gather(own: Tensor, copies: int) -> Tensor:
    """Collect the rows (copies * n, d) of every process: (copies * N, d), in the order in which one process has them.

    In the backward pass, the gradients that all processes have for these rows are added up. Without that, a negative
    would only be pushed away in its own process.
    """
    if own_share().processes == 1:
        return own
    whole: Tensor = _Gather.apply(own).unflatten(1, (copies, -1)).transpose(0, 1).flatten(0, 2)
    return whole


class _Gather(torch.autograd.Function):
    """Gathers (n, d) of every process into (processes, n, d)."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        return gathered(own)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        total = upstream.clone(memory_format=torch.contiguous_format)
        return add_up(total)[own_share().rank]


def average_gradients(model: nn.Module) -> None:
    """Replace every gradient by its mean over all processes. If each process took the loss of the whole batch, that is
    the gradient of this loss."""
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    if own_share().processes > 1 and gradients:
        take_mean(gradients, add_up(flat(gradients)))


def flat(gradients: Sequence[Tensor]) -> Tensor:
    """Return the values of all gradients in one row."""
    return torch.cat([gradient.flatten() for gradient in gradients])


def take_mean(gradients: Sequence[Tensor], total: Tensor) -> None:
    """Replace the gradients by their mean over all processes, for the ``total`` of what ``flat`` returned in each."""
    parts = total.div_(own_share().processes).split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(list(gradients), [part.view(g.shape) for part, g in zip(parts, gradients, strict=True)])


def gathered(own: Tensor) -> Tensor:
    """Gather a tensor (...) of every process, all of one shape, into (processes, ...). No gradient flows back."""
    whole = own.new_empty(own_share().processes, *own.shape)
    with _as_process_lost():
        distributed.all_gather(list(whole.unbind()), own.contiguous())
    return whole


def add_up(values: Tensor) -> Tensor:
    """Replace ``values`` by their sum over all processes, and return them."""
    with _as_process_lost():
        distributed.all_reduce(values)
    return values


def add_up_beside(values: Tensor) -> Callable[[], None]:
    """Begin to replace ``values`` by their sum over all processes, beside other work. The returned function waits for
    it: on NCCL the device does, not the process."""
    with _as_process_lost():
        work = distributed.all_reduce(values, async_op=True)

    def wait() -> None:
        with _as_process_lost():
            work.wait()

    return wait


def on_nccl() -> bool:
    """Whether this process is in a group that communicates between GPUs."""
    return own_share().processes > 1 and distributed.get_backend() == "nccl"


def agreed(decide: Callable[[], Value], device: torch.device) -> Value:
    """The value that ``decide`` returns in the leading process. The other processes do not call it."""
    share = own_share()
    if share.processes == 1:
        return decide()
    values: list[Any] = [decide() if share.leads else None]
    with _as_process_lost():
        distributed.broadcast_object_list(values, src=0, device=device)
    value: Value = values[0]
    return value


@contextmanager
def _as_process_lost() -> Iterator[None]:
    """Raise ``ProcessLost`` where another process is gone. Other errors, such as that of a wrong shape, stay as they
    are: a new start would end in them again."""
    try:
        yield
    except RuntimeError as error:
        if _is_of_connection(error):
            raise ProcessLost(f"another process of this training is gone: {error}") from error
        raise


def _is_of_connection(error: RuntimeError) -> bool:
    """Whether the connection to another process failed. NCCL and the store have classes of error for that, but NCCL
    reports a wrong use by the same class. Gloo has a plain RuntimeError that begins with the place in its code (seen in
    PyTorch 2.14); its failed assertions, for instance about sizes, are no lost connections."""
    message = str(error)
    if isinstance(error, distributed.DistError):
        return "ncclInvalid" not in message
    return "gloo/transport/" in message and "enforce fail" not in message

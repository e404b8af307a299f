"""Recomputed activations: the backward pass computes them again instead of keeping them (Chen et al. 2016)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def recomputed(part: Callable[[Tensor], Tensor], x: Tensor, model: nn.Module) -> Tensor:
    """Return ``part(x)`` and keep only x: the backward pass runs ``part`` again, with the same result.

    ``model`` contains the part's batch norms; their running statistics count the first run only.
    """

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), running_statistics_kept(model)

    y: Tensor = checkpoint(part, x, use_reentrant=False, preserve_rng_state=False, context_fn=contexts)
    return y


@contextmanager
def running_statistics_kept(model: nn.Module) -> Iterator[None]:
    """Keep the running statistics and ``num_batches_tracked`` of all batch norms, which normalise as usual."""
    before = [(m, m.momentum, m.num_batches_tracked) for m in model.modules() if isinstance(m, _BatchNorm)]
    for norm, _, count in before:
        # track_running_stats stays on: without it, autograd would save fewer tensors than in the first run
        norm.momentum, norm.num_batches_tracked = 0.0, None
        if isinstance(norm, nn.SyncBatchNorm) and count is not None:  # it refuses to have none
            norm.num_batches_tracked = count.clone()
    try:
        yield
    finally:
        for norm, momentum, count in before:
            norm.momentum, norm.num_batches_tracked = momentum, count

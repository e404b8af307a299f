"""Gradients that are averaged over all processes while the backward pass still runs."""

from collections.abc import Callable

from torch import Tensor, nn

from core.distributed import add_up_beside, flat, take_mean

BYTES = 25 * 2**20
"""Bytes of a bucket, as in torch.nn.parallel.DistributedDataParallel."""


class Buckets:
    """The trained weights of a model, in buckets in the order in which the backward pass reaches them.

    A bucket is sent as soon as all of its gradients are there. The result is that of ``average_gradients``, but a step
    must have one backward pass, which reaches the weights in the same order in every process. DistributedDataParallel
    does the same for one module that is called once: here a method decides what is called.
    """

    def __init__(self, model: nn.Module, size: int = BYTES) -> None:
        self._buckets: list[Bucket] = []
        room = 0
        for weight in reversed([weight for weight in model.parameters() if weight.requires_grad]):
            if room <= 0 or self._buckets[-1].weights[0].dtype != weight.dtype:
                self._buckets.append(Bucket())
                room = size
            self._buckets[-1].take(weight)
            room -= weight.nbytes

    def average(self) -> None:
        """Replace every gradient of the step by its mean over all processes."""
        for bucket in self._buckets:
            bucket.send()
        for bucket in self._buckets:
            bucket.receive()


class Bucket:
    """Weights whose gradients are sent together."""

    def __init__(self) -> None:
        self.weights: list[nn.Parameter] = []
        self._here = 0
        self._sent: tuple[list[Tensor], Tensor, Callable[[], None]] | None = None
        """Gradients, their values in one row, and the function that waits for these."""

    def take(self, weight: nn.Parameter) -> None:
        """Add a weight before the first step."""
        self.weights.append(weight)
        weight.register_post_accumulate_grad_hook(self._arrived)

    def send(self) -> None:
        """Send the gradients, unless they were sent. A weight that the loss does not depend on has none."""
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        if gradients and self._sent is None:
            row = flat(gradients)
            self._sent = gradients, row, add_up_beside(row)

    def receive(self) -> None:
        """Wait for the sum, and take the mean."""
        if self._sent is not None:
            gradients, total, wait = self._sent
            wait()
            take_mean(gradients, total)
        self._here, self._sent = 0, None

    def _arrived(self, _: Tensor) -> None:
        assert self._sent is None, "a second backward pass in a step"
        self._here += 1
        if self._here == len(self.weights):
            self.send()

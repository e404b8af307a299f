"""The rows of a batch that a method is given: those of all processes, or its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from core.data.dataset import Batch
from core.distributed import Share, gather


@dataclass(frozen=True)
class Rows:
    """The rows that a method's hooks are given in a process group: the whole batch's if the method is joint."""

    joint: bool
    share: Share
    batch_size: int

    @property
    def own(self) -> slice:
        """Rows of this process's images in the batch."""
        return self.share.rows(self.batch_size)

    def of_batch(self, batch: Batch) -> Batch:
        """Return the batch with the labels and numbers of those rows."""
        return batch if self.joint else batch.rows(self.own)

    def of_outputs(self, own: Any) -> Any:
        """Return the outputs of those rows, from outputs (copies * images, ...) for this process's images. Their
        gradient goes back to all processes."""
        if not self.joint or self.share.processes == 1:
            return own
        images = self.own.stop - self.own.start
        return each_tensor(lambda outputs: gather(outputs, len(outputs) // images), own)


def each_tensor(change: Callable[[Tensor], Tensor], outputs: Any) -> Any:
    """Apply ``change`` to a tensor, or to each tensor of a tuple."""
    return tuple(each_tensor(change, one) for one in outputs) if isinstance(outputs, tuple) else change(outputs)

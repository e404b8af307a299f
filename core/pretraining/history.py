"""What is recorded of an epoch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """Means over one epoch's steps."""

    epoch: int
    """Counted from 1."""
    loss: float
    contrastive_top1: float
    """Percent. See ``core.loss.Contrast``."""
    entropy: float
    """Nats. See ``core.loss.Contrast``."""
    learning_rate: float
    """Of the last step."""
    images_per_second: float
    time: float
    """When the epoch ended, in seconds since 1970."""
    knn_top1: float | None = None
    """Percent, after the epoch; None where it was not asked for. See ``core.evaluation.training_knn``."""

"""Result of an evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from core.trained.accuracy import is_among, percent


@dataclass(frozen=True)
class Scores:
    """Numbers, the test images that they are of, and arrays that a report draws."""

    metrics: dict[str, float]
    """Metrics by ``protocol/name``; accuracies in percent."""
    arrays: dict[str, Tensor] = field(default_factory=dict)
    """Arrays on the CPU, by the same kind of name."""
    right: dict[str, Tensor] = field(default_factory=dict)
    """Test images that are right, by the name of the metric that is their percentage: booleans (N,) on the CPU, in the
    order of the test images that have a label. Two encoders are compared on the same images by it."""
    images: int = 0
    """Number N of test images that the metrics are of; 0 where they are of none."""

    def __or__(self, other: "Scores") -> "Scores":
        """Return the scores of both, for the same test images."""
        return Scores(
            self.metrics | other.metrics,
            self.arrays | other.arrays,
            self.right | other.right,
            max(self.images, other.images),
        )


def accuracies(protocol: str, logits: Tensor, labels: Tensor, ks: Sequence[int] = (1, 5)) -> Scores:
    """Score logits (N, classes) by labels (N,): ``<protocol>/top1`` and ``<protocol>/top5``, or other ``ks``."""
    return percentages({f"{protocol}/top{k}": is_among(logits, labels, k) for k in ks})


def percentages(right: dict[str, Tensor]) -> Scores:
    """Score test images that are right, booleans (N,), by the name of the metric that is their percentage."""
    metrics = {name: percent(one) for name, one in right.items()}
    images = max(map(len, right.values()), default=0)
    return Scores(metrics, right={name: one.cpu() for name, one in right.items()}, images=images)

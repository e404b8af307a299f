"""Result of an evaluation."""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """Numbers, and arrays that a report draws."""

    metrics: dict[str, float]
    """Metrics by ``protocol/name``; accuracies in percent."""
    arrays: dict[str, Tensor] = field(default_factory=dict)
    """Arrays on the CPU, by the same kind of name."""

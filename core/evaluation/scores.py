"""What an evaluation finds."""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """Numbers, and what a report draws."""

    metrics: dict[str, float]
    """By ``protocol/name``; accuracies in percent."""
    arrays: dict[str, Tensor] = field(default_factory=dict)
    """On the CPU, by the same kind of name."""

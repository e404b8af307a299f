"""The learning rate of each step."""

import math
from dataclasses import dataclass

from core.config.optimize import Scaling


def peak_rate(learning_rate: float, scaling: Scaling, batch_size: int) -> float:
    """Paper, Sec 2.3 and appendix B.1: 4.8 at a batch of 4096, linear from 0.3 or square root from 0.075."""
    factor = batch_size / 256 if scaling == "linear" else math.sqrt(batch_size)
    return learning_rate * factor


@dataclass(frozen=True)
class Schedule:
    """Linear warmup from 0, then a cosine to 0 at the end; no restarts. Paper, Sec 2.3."""

    peak: float
    warmup: int
    """Steps. As in the released code, the first step of a warmup has the rate 0."""
    total: int
    """Steps."""

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.peak * step / self.warmup
        progress = (step - self.warmup) / (self.total - self.warmup)
        return self.peak * 0.5 * (1 + math.cos(math.pi * progress))

"""The learning rate of each step."""

import math
from dataclasses import dataclass

from torch.optim import Optimizer

from core.config.optimize import Scaling
from core.config.train import PretrainConfig


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

    def set(self, optimizer: Optimizer, step: int) -> None:
        """Give every group of the optimiser's parameters its rate of a step; see ``core.optimizer.groups``."""
        for group in optimizer.param_groups:
            rate = self.peak if group.get("constant") else self(step)
            group["lr"] = rate * group.get("rate", 1.0)


def freeze(optimizer: Optimizer, step: int) -> None:
    """Drop the gradients of the groups that are not trained yet, so that the optimiser leaves them alone."""
    for group in optimizer.param_groups:
        if step < group.get("frozen_steps", 0):
            for weight in group["params"]:
                weight.grad = None


def build_schedule(config: PretrainConfig, steps_per_epoch: int) -> Schedule:
    """The schedule of a whole training. A warmup that rounds to all of its steps is one step shorter."""
    total = config.epochs * steps_per_epoch
    warmup = round(config.schedule.warmup_epochs * steps_per_epoch)
    optimizer = config.optimizer
    peak = peak_rate(optimizer.learning_rate, optimizer.scaling, config.batch_size)
    return Schedule(peak, min(warmup, max(0, total - 1)), total)

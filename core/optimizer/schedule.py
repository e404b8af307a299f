"""The learning rate of each step."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch.optim import Optimizer

from core.config.optimizer import Scaling
from core.config.schedule import SCHEDULES, Constant, Cosine, Linear, Step
from core.config.train import PretrainConfig


def peak_rate(learning_rate: float, scaling: Scaling, batch_size: int) -> float:
    """Scale a learning rate with the batch size. Paper, Sec 2.3 and appendix B.1: 4.8 at a batch of 4096, linear from
    0.3 or square root from 0.075."""
    factor = batch_size / 256 if scaling == "linear" else math.sqrt(batch_size)
    return learning_rate * factor


def cosine(progress: float, config: Cosine | None = None) -> float:
    """Return a half cosine: 1 at the beginning, 0 at the end, no restarts. Paper, Sec 2.3."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def constant(progress: float, config: Constant) -> float:
    """Return 1 at all times."""
    return 1.0


def linear(progress: float, config: Linear) -> float:
    """Return a straight line: 1 at the beginning, 0 at the end."""
    return 1 - progress


def step(progress: float, config: Step) -> float:
    """Return 1, multiplied by the factor at each drop that is reached."""
    return config.factor ** sum(progress >= drop for drop in config.drops)


@dataclass(frozen=True)
class Schedule:
    """Learning rate by step: a linear warmup from 0, then a share of the peak."""

    peak: float
    warmup: int
    """Number of steps of the warmup. As in the released code, the first of them has the rate 0."""
    total: int
    """Number of steps of the whole training."""
    factor: Callable[[float], float] = cosine
    """Share of the peak, as a function of the share of the steps after the warmup that is done."""
    hold: int = 1
    """Number of steps that have one rate after the warmup: 1, or those of an epoch."""

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.peak * step / self.warmup
        changed = max(self.warmup, step // self.hold * self.hold)
        return self.peak * self.factor((changed - self.warmup) / (self.total - self.warmup))

    def set(self, optimizer: Optimizer, step: int) -> None:
        """Set the learning rate of every group of parameters for a step; see ``core.optimizer.groups``."""
        for group in optimizer.param_groups:
            rate = self.peak if group.get("constant") else self(step)
            group["lr"] = rate * group.get("rate", 1.0)


def freeze(optimizer: Optimizer, step: int) -> None:
    """Drop the gradients of groups that are not trained yet, so that the optimiser skips them."""
    for group in optimizer.param_groups:
        if step < group.get("frozen_steps", 0):
            for weight in group["params"]:
                weight.grad = None


def build_schedule(config: PretrainConfig, steps_per_epoch: int) -> Schedule:
    """Build the schedule of a whole training. A warmup that rounds to all of its steps is shortened by one step."""
    total = config.epochs * steps_per_epoch
    warmup = round(config.schedule.warmup_epochs * steps_per_epoch)
    optimizer = config.optimizer
    peak = peak_rate(optimizer.learning_rate, optimizer.scaling, config.batch_size)
    factor = partial(SCHEDULES.code(config.schedule), config=config.schedule)
    hold = steps_per_epoch if config.schedule.per == "epoch" else 1
    return Schedule(peak, min(warmup, max(0, total - 1)), total, factor, hold)

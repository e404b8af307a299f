"""How the learning rate changes over the steps."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from core.config.base import Config
from core.config.registry import Registry


class ScheduleConfig(Config):
    """Base of all schedules: a linear warmup from 0, then what the schedule says."""

    added_later = {"per": "step"}

    kind: str
    warmup_epochs: Annotated[float, Field(ge=0)] = 10.0
    """Epochs of the linear warmup. Paper, Sec 2.3: 10."""
    per: Literal["step", "epoch"] = "step"
    """How often the rate changes after the warmup: at every ``step``, as in the paper, or at the beginning of every
    ``epoch``. In the warmup it changes at every step."""


SCHEDULES: Registry[ScheduleConfig] = Registry("schedule", ScheduleConfig, tag="kind", default="cosine")
"""Schedules, each with its function ``(progress, config) -> factor``: the share of the peak rate at a share of the
training after the warmup, from 0 to just below 1."""

AnySchedule = Annotated[ScheduleConfig, SCHEDULES]


@SCHEDULES.add("core.optimizer.schedule:cosine")
class Cosine(ScheduleConfig):
    """Linear warmup from 0, then cosine decay to 0. Paper, Sec 2.3."""

    added_later = ScheduleConfig.added_later | {"kind": "cosine"}

    kind: Literal["cosine"] = "cosine"


@SCHEDULES.add("core.optimizer.schedule:constant")
class Constant(ScheduleConfig):
    """Linear warmup from 0, then the peak rate to the end. Not in the paper."""

    kind: Literal["constant"] = "constant"


@SCHEDULES.add("core.optimizer.schedule:linear")
class Linear(ScheduleConfig):
    """Linear warmup from 0, then a linear decay to 0. Not in the paper."""

    kind: Literal["linear"] = "linear"


def _ascending(drops: tuple[float, ...]) -> tuple[float, ...]:
    if any(one >= other for one, other in pairwise(drops)):
        raise ValueError(f"drops go up, each once, not {list(drops)}")
    return drops


@SCHEDULES.add("core.optimizer.schedule:step")
class Step(ScheduleConfig):
    """Linear warmup from 0, then a rate that drops at some places of the training. Not in the paper."""

    kind: Literal["step"] = "step"
    drops: Annotated[
        tuple[Annotated[float, Field(gt=0, lt=1)], ...],
        Strict(False),
        Field(min_length=1),
        AfterValidator(_ascending),
    ] = (0.6, 0.8)
    """Places of the drops, as shares of the steps after the warmup. MoCo: 0.6 and 0.8, epochs 120 and 160 of 200."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor of the rate at each drop. MoCo: 0.1."""

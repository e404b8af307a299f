"""How the learning rate changes over the steps."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Config
from core.config.registry import Registry


class ScheduleConfig(Config):
    """Base of all schedules: a linear warmup from 0, then what the schedule says."""

    kind: str
    warmup_epochs: Annotated[float, Field(ge=0)] = 10.0
    """Epochs of the linear warmup. Paper, Sec 2.3: 10."""


SCHEDULES: Registry[ScheduleConfig] = Registry("schedule", ScheduleConfig, tag="kind", default="cosine")
"""Schedules, each with its function ``(progress, config) -> factor``: the share of the peak rate at a share of the
training after the warmup, from 0 to just below 1."""

AnySchedule = Annotated[ScheduleConfig, SCHEDULES]


@SCHEDULES.add("core.optimizer.schedule:cosine")
class Cosine(ScheduleConfig):
    """Linear warmup from 0, then cosine decay to 0, both by the step. Paper, Sec 2.3."""

    added_later = {"kind": "cosine"}

    kind: Literal["cosine"] = "cosine"

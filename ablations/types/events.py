"""Events: what a worker tells the driver while it works on a unit."""

from collections.abc import Callable
from dataclasses import dataclass

from ablations.types.trial import Result
from core.history import Epoch


@dataclass(frozen=True)
class Started:
    """A training, or the evaluation of an encoder that exists already, has begun."""

    pretrain_id: str


@dataclass(frozen=True)
class EpochEnded:
    """An epoch has ended. It is only shown: after a crash it may have to be repeated."""

    pretrain_id: str
    epoch: Epoch


@dataclass(frozen=True)
class Saved:
    """A checkpoint is written, and the history of its epochs is in the store."""

    pretrain_id: str


@dataclass(frozen=True)
class Judged:
    """The training is saved up to this epoch, and may be stopped now; see ``planning.stopping``."""

    pretrain_id: str
    epoch: int
    knn_top1: float


@dataclass(frozen=True)
class TrialEnded:
    """A trial's result is in the store."""

    pretrain_id: str
    result: Result


@dataclass(frozen=True)
class Held:
    """Another run holds the training or has taken it over. Its results will appear in the store."""

    pretrain_id: str


@dataclass(frozen=True)
class DiskFull:
    """A file could not be written, and no other could be."""

    pretrain_id: str
    file: str


@dataclass(frozen=True)
class Damaged:
    """A checkpoint or an encoder could not be read. It is trained again, and the damaged file is kept aside."""

    pretrain_id: str
    file: str
    """Name under which it is kept."""


Event = Started | EpochEnded | Saved | Judged | TrialEnded | Held | DiskFull | Damaged
Listen = Callable[[Event], None]
"""A function that is told every event."""

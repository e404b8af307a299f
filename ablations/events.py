"""What a worker tells the driver while it works."""

from dataclasses import dataclass

from ablations.trial import Result
from core.history import Epoch


@dataclass(frozen=True)
class Started:
    """A training, or the evaluation of an encoder that is there already, has begun."""

    pretrain_id: str


@dataclass(frozen=True)
class EpochEnded:
    """For the eye; the epoch may have to be repeated after a crash."""

    pretrain_id: str
    epoch: Epoch


@dataclass(frozen=True)
class Saved:
    """The epochs so far are safe in a checkpoint, and their history is in the store."""

    pretrain_id: str


@dataclass(frozen=True)
class Judged:
    """The training is safe up to this epoch, and may be stopped now; see ``ablations.stopping``."""

    pretrain_id: str
    epoch: int
    knn_top1: float


@dataclass(frozen=True)
class Ended:
    """A trial's result is in the store."""

    pretrain_id: str
    result: Result


@dataclass(frozen=True)
class Held:
    """Another run holds the training, or has taken it over: its results will be found in the store."""

    pretrain_id: str


@dataclass(frozen=True)
class DiskFull:
    """The training, or what follows it, could not be written; no other could."""

    pretrain_id: str
    file: str


Event = Started | EpochEnded | Saved | Judged | Ended | Held | DiskFull

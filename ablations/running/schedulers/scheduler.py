"""The interface of the in-process scheduler and of Ray's, and the batch of work that they are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ablations.planning.stopping import Judging
from ablations.running.job import Job
from ablations.study.study import Resources
from ablations.types.events import Listen
from ablations.types.trial import Unit


@dataclass(frozen=True)
class Batch:
    """Units of work that are run together."""

    units: Sequence[Unit]
    job: Job
    resources: Resources
    judging: Judging | None = None
    """Rule by which trainings that fall behind are stopped; None lets every training go to its end."""
    alone: bool = False
    """Whether each unit gets a whole GPU and all cores of a node, as after it ran out of memory."""


class Scheduler(Protocol):
    """Runs units of work and tells what happens to them, inside a ``with`` block.

    The block may begin to start what the scheduler needs, and returns at once. All workers are gone at its end.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, batch: Batch, listen: Listen) -> None:
        """Run every unit of the batch to its end.

        Raises ``StudyError`` if the batch cannot begin, and ``OSError`` if the storage cannot be used.
        KeyboardInterrupt passes through.
        """

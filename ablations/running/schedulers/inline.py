"""The in-process scheduler: one unit after the other, for debuggers and for machines without Ray."""

from types import TracebackType
from typing import Self

from ablations.planning.stopping import Halving, StoppedEarly
from ablations.running.schedulers.scheduler import Batch
from ablations.running.worker import run_unit
from ablations.store.trial_store import TrialStore
from ablations.types.events import Event, Judged, Listen


class InlineScheduler:
    """Runs the units in order, in this process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def run(self, batch: Batch, listen: Listen) -> None:
        """See ``Scheduler.run``."""
        store, halving = TrialStore(batch.job.storage), batch.judging and Halving(batch.judging)

        def emit(event: Event) -> None:
            listen(event)
            if halving and isinstance(event, Judged) and halving.stops(event):
                raise StoppedEarly(event.epoch)

        for unit in batch.units:
            store.record(unit)
            run_unit(unit, batch.job, emit)

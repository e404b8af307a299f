"""Everything in this process, one unit after the other: for debuggers, and for machines without Ray."""

from collections.abc import Callable, Sequence

from ablations.running.worker import Job, run_unit
from ablations.store.trial_store import TrialStore
from ablations.types.events import Event
from ablations.types.trial import Unit


def run_inline(units: Sequence[Unit], job: Job, listen: Callable[[Event], None]) -> None:
    """Run the units in order. KeyboardInterrupt passes through."""
    store = TrialStore(job.storage)
    for unit in units:
        store.record(unit)
        run_unit(unit, job, listen)

"""Gives what is left of plans to a scheduler, and shows it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from rich.console import Console

from ablations.planning.cost.estimate_text import Way
from ablations.planning.plan import Plan
from ablations.planning.stopping import judging
from ablations.running.job import Job
from ablations.running.progress import follow
from ablations.running.run_state import RunState
from ablations.running.schedulers.scheduler import Batch, Scheduler
from ablations.running.shared_units import run_shared
from ablations.store.trial_store import TrialStore
from ablations.types.errors import DiskFullError
from ablations.types.events import Damaged, DiskFull, Event, Listen
from ablations.types.trial import Unit
from core.remote import AnyPath


@dataclass(frozen=True)
class Where:
    """Places where a run computes and keeps things. They change no result."""

    storage: AnyPath
    data_dir: AnyPath
    address: str = "local"
    """Address of a Ray cluster; ``local`` starts one on this machine for the time of the run."""
    inline: bool = False
    """Whether everything runs in this process, without Ray."""

    @property
    def way(self) -> Way:
        """How a run works, as far as an estimate tells."""
        if self.inline:
            return "inline"
        return "machine" if self.address == "local" else "cluster"


class Schedule:
    """Runs plans one after the other on one scheduler, which ends with the ``with`` block."""

    def __init__(self, where: Where, owner: str, console: Console) -> None:
        """``owner`` is the name of the run; see ``LiveRun.name``."""
        self._where, self._console = where, console
        self._store = TrialStore(where.storage)
        self._job = Job(where.storage.resolve(), where.data_dir.resolve(), owner)
        self._block = ExitStack()
        self._scheduler: Scheduler | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.close()

    def begin(self) -> None:
        """Let the scheduler start, in the background if that takes time."""
        self._scheduler = self._block.enter_context(_scheduler(self._where, self._job))

    def run(self, plan: Plan, state: RunState, record: Callable[[Event], None]) -> None:
        """Run what is left of a plan, and show its progress.

        Raises ``StudyError`` if it cannot begin, and ``DiskFullError`` if nothing could be kept.
        """
        assert self._scheduler, "begin comes first"
        scheduler, resources = self._scheduler, plan.scaled.resources
        if self._where.inline and resources.workers > 1:
            told = f"inline, one process trains what {resources.workers} workers would share; the result is the same"
            self._console.print(told)
        job = self._job_of(plan)
        with follow(state, self._console) as progress:

            def listen(event: Event) -> None:
                if isinstance(event, DiskFull):
                    raise DiskFullError(event.file)
                if isinstance(event, Damaged):
                    told = f"{event.file} could not be read, and is kept under this name; what it held is trained again"
                    self._console.print(told, style="yellow", soft_wrap=True)
                state.update(event)
                record(event)
                progress.show(event)

            def run(units: Sequence[Unit], alone: bool = False) -> None:
                def run_units(left: Sequence[Unit], hear: Listen) -> None:
                    rule = judging(plan.scaled, plan.trials, self._store)
                    scheduler.run(Batch(left, job, resources, rule, alone), hear)

                run_shared(units, run_units, self._store, job.owner, listen, self._console)

            run(plan.units)
            if not self._where.inline and (starved := state.take_out_of_memory()):
                self._console.print(f"{len(starved)} ran out of memory and are tried again, each alone", style="yellow")
                run([unit.retrying(self._store.results(list(unit.trials))) for unit in starved], alone=True)

    def _job_of(self, plan: Plan) -> Job:
        resources = plan.scaled.resources
        return replace(
            self._job,
            threads=max(1, int(resources.cpu)),
            minutes=resources.minutes,
            study=plan.scaled.study.name,
            workers=1 if self._where.inline else resources.workers,
        )


def _scheduler(where: Where, job: Job) -> Scheduler:
    if where.inline:
        from ablations.running.schedulers.inline import InlineScheduler  # here, since PyTorch comes with it

        return InlineScheduler()
    from ablations.running.schedulers.on_ray.scheduler import RayScheduler

    return RayScheduler(where.address, job)

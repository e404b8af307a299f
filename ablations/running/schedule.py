"""Gives what is left of a plan to a scheduler, and shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from ablations.planning.plan import Plan
from ablations.planning.stopping import judging
from ablations.running.job import Job
from ablations.running.progress import follow
from ablations.running.run_state import RunState
from ablations.running.schedulers.scheduler import Batch, Scheduler
from ablations.running.shared_units import run_shared
from ablations.store.trial_store import TrialStore
from ablations.types.errors import DiskFullError
from ablations.types.events import DiskFull, Event, Listen
from ablations.types.trial import Unit
from core.data.catalog import DATA_SETS
from core.remote import AnyPath


@dataclass(frozen=True)
class Where:
    """Where a run computes and keeps things. It changes no result."""

    storage: AnyPath
    data_dir: AnyPath
    address: str = "local"
    """Address of a Ray cluster; ``local`` starts one on this machine for the time of the run."""
    inline: bool = False
    """Whether everything runs in this process, without Ray."""


def schedule(
    plan: Plan, where: Where, owner: str, state: RunState, record: Callable[[Event], None], console: Console
) -> None:
    """Run what is left of a plan as the run ``owner``, and show its progress.

    Raises ``StudyError`` if it cannot begin, and ``DiskFullError`` if nothing could be kept.
    """
    if not plan.units:
        return
    resources, store = plan.scaled.resources, TrialStore(where.storage)
    if where.inline and resources.workers > 1:
        told = f"inline, one process trains what {resources.workers} workers would share; the result is the same"
        console.print(told)
    job, scheduler = _job(plan, where, owner), _scheduler(where)
    with follow(state, console) as progress:

        def listen(event: Event) -> None:
            if isinstance(event, DiskFull):
                raise DiskFullError(event.file)
            state.update(event)
            record(event)
            progress.show(event)

        def run(units: Sequence[Unit], alone: bool = False) -> None:
            def run_units(left: Sequence[Unit], hear: Listen) -> None:
                rule = judging(plan.scaled, plan.trials, store)
                scheduler.run(Batch(left, job, resources, rule, alone), hear)

            run_shared(units, run_units, store, owner, listen, console)

        run(plan.units)
        if not where.inline and (starved := state.take_out_of_memory()):
            console.print(f"{len(starved)} ran out of memory and are tried again, each alone", style="yellow")
            run([unit.retrying(store.results(list(unit.trials))) for unit in starved], alone=True)


def _job(plan: Plan, where: Where, owner: str) -> Job:
    resources = plan.scaled.resources
    return Job(
        storage=where.storage.resolve(),
        data_dir=where.data_dir.resolve(),
        owner=owner,
        threads=max(1, int(resources.cpu)),
        minutes=resources.minutes,
        study=plan.scaled.study.name,
        workers=1 if where.inline else resources.workers,
        sizes={data: size for data, size in plan.sizes.items() if data.name not in DATA_SETS},
    )


def _scheduler(where: Where) -> Scheduler:
    if where.inline:
        from ablations.running.schedulers.inline import InlineScheduler  # here, since PyTorch comes with it

        return InlineScheduler()
    from ablations.running.schedulers.on_ray.scheduler import RayScheduler

    return RayScheduler(where.address)

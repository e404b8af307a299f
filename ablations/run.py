"""A study from its file to its figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from ablations.board import Board, State
from ablations.errors import AblateError, DiskFullError, StudyError
from ablations.estimate import estimate
from ablations.events import DiskFull, Event
from ablations.folders import each
from ablations.live import LiveRun
from ablations.migration import keep_schema
from ablations.plan import Plan
from ablations.prepare import needed_data, prepare_data
from ablations.progress import clock, follow
from ablations.recorder import Recorder
from ablations.report import DrawnReport, draw_report
from ablations.sharing import Listen, RunUnits, share
from ablations.speeds import load_speeds
from ablations.stopping import judging
from ablations.store import TrialStore
from ablations.tables import left_text
from ablations.trial import Unit, group_units
from core.data.catalog import DATA_SETS
from core.remote import AnyPath


@dataclass(frozen=True)
class Where:
    """Where a run computes and keeps things. It changes no result."""

    storage: AnyPath
    data_dir: AnyPath
    address: str = "local"
    """Of a Ray cluster; ``local`` starts one on this machine for the time of the run."""
    inline: bool = False
    """In this process, without Ray."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    states: dict[str, State]
    """By trial id."""
    drawn: DrawnReport | None
    """None where MLflow could not be reached."""

    def _repr_png_(self) -> bytes | None:
        """The figure, where a notebook shows it."""
        return self.drawn._repr_png_() if self.drawn else None

    def __str__(self) -> str:
        """``12 done, 1 failed``, what was stopped early, and what came to no end."""
        stopped = f", {self.stopped} stopped early" if self.stopped else ""
        left = f", {self.left} came to no end; run it again" if self.left else ""
        return f"{self.done} done, {self.failed} failed{stopped}{left}"

    @property
    def done(self) -> int:
        return sum(state == "done" for state in self.states.values())

    @property
    def failed(self) -> int:
        return sum(state == "failed" for state in self.states.values())

    @property
    def stopped(self) -> int:
        """Trials that were stopped early."""
        return sum(state == "stopped" for state in self.states.values())

    @property
    def left(self) -> int:
        """Trials that came to no end, whatever the reason; none after a run without trouble."""
        return sum(state in ("waiting", "running") for state in self.states.values())


def run_plan(plan: Plan, where: Where, console: Console) -> Outcome:
    """Run what is left of a plan, log it, draw it. Raises ``StudyError`` where it cannot begin.

    KeyboardInterrupt passes through; whatever was finished by then is in the store.
    """
    if where.inline and any(unit.judged for unit in plan.units):
        raise StudyError("--inline: stop_early is Ray's to do; leave out --inline, or take stop_early out of the study")
    store = TrialStore(where.storage)
    board = Board(plan)
    left = estimate(plan, load_speeds(where.storage))
    if plan.units:
        console.print(left_text(plan, left), highlight=False)
    with LiveRun(where.storage) as live:
        keep_schema(store)
        prepare_data(needed_data(plan), where.data_dir, console)
        recorder = Recorder(plan, store, console)
        try:
            schedule(plan, where, live.name, board, recorder.record, console)
        finally:
            recorder.close(complete=board.counts["done"] + board.counts["stopped"] == len(board.states))
        drawn = draw(plan, where.storage, recorder, console)
    _compare(left.seconds, plan, where, console)
    return Outcome(board.states, drawn)


def _compare(planned: float | None, plan: Plan, where: Where, console: Console) -> None:
    """What the trials of this run took, all workers together, beside what was expected of them."""
    store, workers = TrialStore(where.storage), 1 if where.inline else plan.scaled.resources.workers
    ended = store.results([trial for unit in plan.units for trial in unit.trials])
    actual = workers * sum(result.seconds for result in ended.values())
    if planned and actual:
        console.print(f"compute: {clock(actual)}, planned {clock(planned)}", highlight=False)


def draw(plan: Plan, storage: AnyPath, recorder: Recorder, console: Console) -> DrawnReport | None:
    """What the recorder has written to MLflow; None, and said, where there is no answer."""
    if not recorder.works:
        return None
    try:
        drawn = draw_report(plan.scaled.study.name, plan.scaled.label, storage, recorder.seen)
    except AblateError as error:  # the results are in the store; running again logs and draws them
        console.print(str(error), style="yellow", highlight=False, soft_wrap=True)
        return None
    recorder.save_report(drawn.folder)
    return drawn


def schedule(
    plan: Plan, where: Where, owner: str, board: Board, record: Callable[[Event], None], console: Console
) -> None:
    """Run what is left of a plan as the run ``owner``, and show it; files of the store that say what its trials are and
    were damaged are written anew. Raises ``StudyError`` where it cannot begin, and
    ``DiskFullError`` where nothing could be kept."""
    store = TrialStore(where.storage)
    each(store.root, store.record, group_units([trial for trial in plan.trials if trial.id in plan.results]))
    if not plan.units:
        return
    if where.inline and (workers := plan.scaled.resources.workers) > 1:
        console.print(f"inline, one process trains what {workers} workers would share; the result is the same")
    with follow(board, console) as progress:

        def listen(event: Event) -> None:
            if isinstance(event, DiskFull):
                raise DiskFullError(event.file)
            board.update(event)
            record(event)
            progress.show(event)

        share(plan.units, _runner(plan, where, owner), store, owner, listen, console)
        if not where.inline and (starved := board.out_of_memory()):
            console.print(f"{len(starved)} ran out of memory and are tried again, each alone", style="yellow")
            board.wait_again(starved)
            again = [unit.retrying(store.results(list(unit.trials))) for unit in starved]
            share(again, _runner(plan, where, owner, alone=True), store, owner, listen, console)


def _runner(plan: Plan, where: Where, owner: str, alone: bool = False) -> RunUnits:
    """Runs units of the plan in this process, or on Ray."""
    from ablations.worker import Job  # here, since PyTorch comes with it, and a run of which nothing is left needs none

    resources, study = plan.scaled.resources, plan.scaled.study.name
    threads, workers = max(1, int(resources.cpu)), 1 if where.inline else resources.workers
    sizes = {data: size for data, size in plan.sizes.items() if data.name not in DATA_SETS}
    job = Job(
        where.storage.resolve(), where.data_dir.resolve(), owner, threads, resources.minutes, study, workers, sizes
    )
    if where.inline:
        from ablations.schedulers.inline import run_inline

        return lambda units, listen: run_inline(units, job, listen)
    from ablations.schedulers.ray_run import run_on_ray

    def run_units(units: Sequence[Unit], listen: Listen) -> None:
        stop = judging(plan.scaled, plan.trials, TrialStore(where.storage))
        run_on_ray(units, job, listen, resources, where.address, stop, alone)

    return run_units

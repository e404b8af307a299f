"""A study from its file to its figure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ablations.board import Board, State
from ablations.errors import AblateError, DiskFullError
from ablations.estimate import estimate
from ablations.events import DiskFull, Event
from ablations.live import LiveRun
from ablations.migration import keep_schema
from ablations.plan import Plan
from ablations.prepare import needed_data, prepare_data
from ablations.progress import clock, follow
from ablations.recorder import Recorder
from ablations.report import DrawnReport, draw_report
from ablations.schedulers.inline import run_inline
from ablations.sharing import RunUnits, share
from ablations.speeds import load_speeds
from ablations.store import TrialStore
from ablations.tables import left_text
from ablations.trial import group_units
from ablations.worker import Job
from core.data.catalog import KNOWN_SIZES


@dataclass(frozen=True)
class Where:
    """Where a run computes and keeps things. It changes no result."""

    storage: Path
    data_dir: Path
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
        """``12 done, 1 failed``, and what came to no end."""
        left = f", {self.left} came to no end; run it again" if self.left else ""
        return f"{self.done} done, {self.failed} failed{left}"

    @property
    def done(self) -> int:
        return sum(state == "done" for state in self.states.values())

    @property
    def failed(self) -> int:
        return sum(state == "failed" for state in self.states.values())

    @property
    def left(self) -> int:
        """Trials that came to no end, whatever the reason; none after a run without trouble."""
        return sum(state not in ("done", "failed") for state in self.states.values())


def run_plan(plan: Plan, where: Where, console: Console) -> Outcome:
    """Run what is left of a plan, log it, draw it. Raises ``StudyError`` where it cannot begin.

    KeyboardInterrupt passes through; whatever was finished by then is in the store.
    """
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
            recorder.close(complete=board.counts["done"] == len(board.states))
        drawn = draw(plan, where.storage, recorder, console)
    _compare(left.seconds, plan, store, console)
    return Outcome(board.states, drawn)


def _compare(planned: float | None, plan: Plan, store: TrialStore, console: Console) -> None:
    """What the trials of this run took, beside what was expected of them."""
    ended = [store.result(trial.id) for unit in plan.units for trial in unit.trials]
    actual = sum(result.seconds for result in ended if result)
    if planned and actual:
        console.print(f"compute: {clock(actual)}, planned {clock(planned)}", highlight=False)


def draw(plan: Plan, storage: Path, recorder: Recorder, console: Console) -> DrawnReport | None:
    """What the recorder has written to MLflow; None, and said, where there is no answer."""
    if not recorder.works:
        return None
    try:
        drawn = draw_report(plan.scaled.study.name, plan.scaled.label, storage)
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
    for unit in group_units(plan.trials):
        store.record(unit)
    if not plan.units:
        return
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
    resources, study = plan.scaled.resources, plan.scaled.study.name
    threads = max(1, int(resources.cpu))
    sizes = {data: size for data, size in plan.sizes.items() if data.name not in KNOWN_SIZES}
    job = Job(where.storage.resolve(), where.data_dir.resolve(), owner, threads, resources.minutes, study, sizes)
    if where.inline:
        return lambda units, listen: run_inline(units, job, listen)
    from ablations.schedulers.ray_tune import run_on_ray

    return lambda units, listen: run_on_ray(units, job, listen, resources, where.address, alone=alone)

"""The progress of a run as text: the table of what is running, the summary, and a line for a trial that has ended."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablations.running.run_state import RunState
from ablations.types.duration import clock
from ablations.types.events import TrialEnded

ROWS = 20
"""Most rows of running units: on a cluster hundreds run at once."""
WIDTHS = {"epoch": 0, "loss": 44, "images/s": 60}
"""Columns beside the names, each with the width of a console from which it is shown."""


def progress_table(state: RunState, width: int) -> Group:
    """A table of the running units, the best cell so far, and the summary. ``width`` is that of the console.

    Ray takes a while to start, and a cluster to find a place: a line says so while nothing runs.
    """
    best = [Text(f"best so far: {state.best}")] if state.best else []
    running = _running(state, width) if state.running else Text("waiting for a worker", style="dim")
    return Group(running, *best, Text(summary(state)))


def _running(state: RunState, width: int) -> Table:
    shown = [column for column, least in WIDTHS.items() if width >= least]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("running", min_width=min(24, width // 2))
    for column in shown:
        table.add_column(column, justify="right", no_wrap=True)
    running = list(state.running.values())
    for unit in running[:ROWS]:
        last = unit.last
        cells = {
            "epoch": f"{last.epoch if last else 0}/{unit.epochs}",
            "loss": f"{last.loss:.3f}" if last else "",
            "images/s": f"{last.images_per_second:,.0f}" if last else "",
        }
        table.add_row(unit.name, *(cells[column] for column in shown))
    if len(running) > ROWS:
        table.add_row(f"and {len(running) - ROWS} more")
    return table


def summary(state: RunState) -> str:
    """``12 done, 2 running, 36 waiting, 0 failed, 3:10 so far, about 8:20 left``, and how many were stopped early."""
    counts = state.counts
    parts = [f"{counts[name]} {name}" for name in ("done", "running", "waiting", "failed")]
    parts += [f"{counts['stopped']} stopped early"] if counts["stopped"] else []
    parts.append(f"{clock(state.seconds())} so far")
    left = state.seconds_left()
    if left is not None and counts["running"] + counts["waiting"]:
        parts.append(f"about {clock(left)} left")
    return ", ".join(parts)


def ended_line(state: RunState, event: TrialEnded) -> str:
    """Name of a trial that has ended, and its trouble if there was any."""
    name, result = state.names[event.result.trial_id], event.result
    match result.state:
        case "failed":
            return f"{name}: failed: {result.error}"
        case "stopped":
            return f"{name}: stopped after epoch {result.stopped_at}"
    return name

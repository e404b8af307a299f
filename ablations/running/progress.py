"""A run as it is seen: a live table in a terminal and in a notebook, plain lines elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablations.running.run_state import Board
from ablations.types.duration import clock
from ablations.types.events import Ended, Event

ROWS = 20
"""Of what is running, the live table shows so many: on a cluster hundreds run at once."""


class Progress(Protocol):
    """What follows a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Called after the board has taken the event in."""


def follow(board: Board, console: Console) -> Progress:
    """The progress that suits the console."""
    if console.is_jupyter:
        from ablations.running.progress_notebook import NotebookTable

        return NotebookTable(board)
    redrawable = console.is_terminal and not console.is_dumb_terminal
    return _LiveTable(board, console) if redrawable else _Lines(board, console)


class _LiveTable:
    """Redrawn several times a second by a thread of rich's."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._live = Live(get_renderable=lambda: draw(board), console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        if isinstance(event, Ended) and event.result.status == "failed":
            self._live.console.print(ended_line(self._board, event), style="red", highlight=False)


class _Lines:
    """A line for each trial that ends."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board, self._console = board, console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        if isinstance(event, Ended):
            line = ended_line(self._board, event)
            self._console.print(f"{line}  [{summary(self._board)}]", markup=False, highlight=False, soft_wrap=True)


def draw(board: Board) -> Group:
    """What is running, and how far the run has come."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("running", min_width=24)
    for column in ("epoch", "loss", "images/s"):
        table.add_column(column, justify="right")
    running = list(board.running.values())
    for row in running[:ROWS]:
        last = row.last
        table.add_row(
            row.name,
            f"{last.epoch if last else 0}/{row.epochs}",
            f"{last.loss:.3f}" if last else "",
            f"{last.images_per_second:,.0f}" if last else "",
        )
    if len(running) > ROWS:
        table.add_row(f"and {len(running) - ROWS} more")
    return Group(table, Text(summary(board)))


def summary(board: Board) -> str:
    """``12 done, 2 running, 36 waiting, 0 failed, 3:10 so far, about 8:20 left``, and how many were stopped early."""
    counts = board.counts
    parts = [f"{counts[state]} {state}" for state in ("done", "running", "waiting", "failed")]
    parts += [f"{counts['stopped']} stopped early"] if counts["stopped"] else []
    parts.append(f"{clock(board.seconds())} so far")
    left = board.seconds_left()
    if left is not None and counts["running"] + counts["waiting"]:
        parts.append(f"about {clock(left)} left")
    return ", ".join(parts)


def ended_line(board: Board, event: Ended) -> str:
    name, result = board.names[event.result.trial_id], event.result
    match result.status:
        case "failed":
            return f"{name}: failed: {result.error}"
        case "stopped":
            return f"{name}: stopped after epoch {result.stopped_at}"
    return name

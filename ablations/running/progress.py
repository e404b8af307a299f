"""The progress of a run: a live table in a terminal or a notebook, plain lines elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from ablations.running.progress_text import ended_line, progress_table, summary
from ablations.running.run_state import RunState
from ablations.types.console import redraws
from ablations.types.events import Event, TrialEnded


class Progress(Protocol):
    """Shows a run while its block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Called after the run's state has taken the event in."""


def follow(state: RunState, console: Console) -> Progress:
    """The progress that suits the console."""
    if console.is_jupyter:
        from ablations.running.progress_notebook import NotebookTable

        return NotebookTable(state)
    return _LiveTable(state, console) if redraws(console) else _Lines(state, console)


class _LiveTable:
    """A table that a thread of rich's redraws several times a second."""

    def __init__(self, state: RunState, console: Console) -> None:
        self._state = state
        self._live = Live(
            get_renderable=lambda: progress_table(state, console.width),
            console=console,
            refresh_per_second=4,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        if isinstance(event, TrialEnded) and event.result.state == "failed":
            self._live.console.print(ended_line(self._state, event), style="red")


class _Lines:
    """A line for each trial that ends."""

    def __init__(self, state: RunState, console: Console) -> None:
        self._state, self._console = state, console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        if isinstance(event, TrialEnded):
            line = ended_line(self._state, event)
            self._console.print(f"{line}  [{summary(self._state)}]")

"""The progress of a run in a notebook: one output of the cell, updated in place."""

import io
import time
from types import TracebackType
from typing import Self

from IPython.display import display
from rich.console import Console, RenderableType

from ablations.running.progress_text import ended_line, progress_table, summary
from ablations.running.run_state import RunState
from ablations.types.events import Event, TrialEnded

SECONDS = 0.5
"""Shortest time between two updates: each is a message to the browser."""
WIDTH = 100


class NotebookTable:
    """Shows the running units, and at the end the summary and the failed trials."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._failures: list[str] = []
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._output = display(_plain(progress_table(self._state, WIDTH)), raw=True, display_id=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._output.update(_plain(summary(self._state), *self._failures), raw=True)

    def show(self, event: Event) -> None:
        if isinstance(event, TrialEnded) and event.result.state == "failed":
            self._failures.append(ended_line(self._state, event))
        if time.monotonic() - self._shown >= SECONDS:
            self._shown = time.monotonic()
            self._output.update(_plain(progress_table(self._state, WIDTH), *self._failures), raw=True)


def _plain(*parts: RenderableType) -> dict[str, str]:
    """The parts as plain text, in the form that Jupyter takes."""
    console = Console(file=io.StringIO(), width=WIDTH, force_jupyter=False, markup=False, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=True)
    return {"text/plain": captured.get().rstrip()}

"""A run as a notebook shows it: one output of the cell, brought up to date in its place."""

import io
import time
from types import TracebackType
from typing import Self

from IPython.display import display
from rich.console import Console, RenderableType

from ablations.running.progress import draw, ended_line, summary
from ablations.running.run_state import Board
from ablations.types.events import Ended, Event

SECONDS = 0.5
"""Between two updates: each is a message to the browser."""
WIDTH = 100


class NotebookTable:
    """What is running; at the end the summary and what failed."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._failures: list[str] = []
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._output = display(_plain(draw(self._board)), raw=True, display_id=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._output.update(_plain(summary(self._board), *self._failures), raw=True)

    def show(self, event: Event) -> None:
        if isinstance(event, Ended) and event.result.status == "failed":
            self._failures.append(ended_line(self._board, event))
        if time.monotonic() - self._shown >= SECONDS:
            self._shown = time.monotonic()
            self._output.update(_plain(draw(self._board), *self._failures), raw=True)


def _plain(*parts: RenderableType) -> dict[str, str]:
    """As Jupyter takes it."""
    console = Console(file=io.StringIO(), width=WIDTH, force_jupyter=False, markup=False, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=True)
    return {"text/plain": captured.get().rstrip()}
